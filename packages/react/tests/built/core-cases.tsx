// Runs in a browser: the hooks under StrictMode on a fake server, and what came of it.
import { createFakeJobServer } from '@notes/job-events-client/testing';
import { StrictMode, version } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';

import { JobEventsProvider, JobProgress, useJob, useJobWebSocket } from '@notes/job-events-react';

export interface CoreCases {
  readonly reactVersion: string;
  readonly subscriptions: readonly unknown[];
  readonly completed: readonly string[];
  readonly shownFor: Readonly<Record<string, readonly string[]>>;
  readonly progressText: string | null | undefined;
  readonly connectionsAtTheEnd: number;
}

async function runCoreCases(): Promise<CoreCases> {
  const server = createFakeJobServer();
  const completed: string[] = [];
  const shownFor: Record<string, string[]> = {};
  let track = (_jobId: string) => {};

  function Page({ userId }: { userId: string }) {
    const { jobs, jobProgress, trackJob } = useJobWebSocket({
      userId,
      onJobCompleted: (_result, { jobId }) => completed.push(jobId),
    });
    track = trackJob;
    (shownFor[userId] ??= []).push(...jobs.map(({ jobId }) => jobId));
    useJob(jobProgress?.jobId);
    return jobProgress && <JobProgress job={jobProgress} />;
  }
  const root = createRoot(document.body.appendChild(document.createElement('div')));
  const show = (userId: string) =>
    flushSync(() =>
      root.render(
        <StrictMode>
          <JobEventsProvider client={server.client} userId={userId} stageLabels={{ SAVING: 'Saving the notes' }}>
            <Page userId={userId} />
            <Page userId={userId} />
          </JobEventsProvider>
        </StrictMode>,
      ),
    );
  /** Lets the page hear of it, React render, and effects run. */
  const settle = async () => {
    for (let turn = 0; turn < 3; turn++) {
      await server.advance('1s');
      await new Promise((resolve) => setTimeout(resolve));
    }
  };

  show('user-1');
  await settle();
  track('job-1');
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 });
  await settle();
  const progressText = document.querySelector('[role=progressbar]')?.getAttribute('aria-valuetext');
  server.duplicate();
  server.complete({ jobId: 'job-1', result: null });
  await settle();
  server.restartServer();
  await settle();

  server.queue({ jobId: 'job-2', userId: 'user-2' });
  server.signIn('user-2');
  show('user-2');
  await settle();
  flushSync(() => root.unmount());
  await settle();

  return {
    reactVersion: version,
    subscriptions: server.requests.filter(({ name }) => name === 'subscribe').flatMap(({ payload }) => (payload as { subscriptions: unknown[] }).subscriptions),
    completed,
    shownFor: Object.fromEntries(Object.entries(shownFor).map(([userId, jobIds]) => [userId, [...new Set(jobIds)]])),
    progressText,
    connectionsAtTheEnd: server.connections,
  };
}

declare global {
  var coreCases: Promise<CoreCases>;
}
globalThis.coreCases = runCoreCases();
