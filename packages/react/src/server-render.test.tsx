// @vitest-environment node
import { renderToString } from 'react-dom/server';
import { expect, it } from 'vitest';

import { JobEventsProvider, JobProgress, useJobWebSocket } from './index.js';

const Page = ({ userId }: { userId?: string }) => {
  const { jobProgress, jobs, isConnected } = useJobWebSocket(userId === undefined ? {} : { userId });
  return (
    <p>
      {jobs.length} {String(isConnected)} {jobProgress && <JobProgress job={jobProgress} />}
    </p>
  );
};

it('renders the hook where there is no window, with a provider and without', () => {
  expect(renderToString(<Page userId="user-1" />)).toContain('0<!-- --> <!-- -->false');
  const provided = (
    <JobEventsProvider options={{}} userId="user-1">
      <Page />
    </JobEventsProvider>
  );
  expect(renderToString(provided)).toContain('0<!-- --> <!-- -->false');
});
