// One page, rendered on a server to begin with and taken over in a browser.
import type { AnyJobSnapshot } from '@notes/job-events-client';
import { StrictMode, Suspense } from 'react';

import {
  JobEventsProvider,
  JobProgress,
  useJobSuspense,
  useJobWebSocket,
  type JobEventsProviderProps,
} from '@notes/job-events-react';

const INITIAL_JOB: AnyJobSnapshot = {
  jobId: 'job-1',
  status: 'active',
  stage: 'SAVING',
  progress: 40,
  version: [1, 0, 0, 1],
  createdAt: '2026-01-01T00:00:00.000Z',
  timestamp: '2026-01-01T00:00:00.000Z',
};

function Page() {
  const { jobProgress, connectionState } = useJobWebSocket();
  return (
    <section>
      {connectionState} {jobProgress ? <JobProgress job={jobProgress} /> : 'nothing'}
    </section>
  );
}

const Percent = () => <b>{useJobSuspense('job-1').progress}</b>;

/** The page for a user whose job the server knew when it rendered. In the browser with that page's client. */
export const renderedPage = (connection: Pick<JobEventsProviderProps, 'client' | 'options'>) => (
  <StrictMode>
    <JobEventsProvider {...connection} userId="user-1" initialJobs={[INITIAL_JOB]}>
      <Page />
      <Suspense fallback="nothing">
        <Percent />
      </Suspense>
    </JobEventsProvider>
  </StrictMode>
);
