import { Suspense } from 'react';
import { expect, it } from 'vitest';

import { happen, onServer, renderStrictly, startServer, subscriptionsOf } from '../tests/strict-page.js';
import { useJob, useJobs, useJobSuspense } from './index.js';

const Row = () => {
  const { job, error, isPending } = useJob('job-1');
  return <b>{job?.status ?? error?.code ?? (isPending ? 'pending' : 'idle')} </b>;
};

it.each(['unfinished', 'completed'])('useJob shows no job that was dismissed, %s, mounted before or after it, and asks for none', async (when) => {
  const server = startServer();
  server.queue({ jobId: 'job-1' });
  if (when === 'completed') server.complete({ jobId: 'job-1' });
  const view = renderStrictly(onServer(server, <Row />));
  await happen(server);
  await happen(server, () => server.client.dismissJob('job-1'), '1s');
  view.rerender(onServer(server, <><Row /><Row key="later" /></>));
  await happen(server, undefined, '1s');
  expect(view.container.textContent).toBe('idle idle ');
  // Also after the client has let go of it.
  await happen(server, () => server.complete({ jobId: 'job-1' }), '15m');
  expect(view.container.textContent).toBe('idle idle ');
  expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
});

it('useJob has a later attempt of a job that was dismissed', async () => {
  const server = startServer();
  server.fail({ jobId: 'job-1', willRetry: false });
  const view = renderStrictly(onServer(server, <Row />));
  await happen(server);
  await happen(server, () => server.client.dismissJob('job-1'), '1s');
  expect(view.container.textContent).toBe('idle ');
  await happen(server, () => server.queue({ jobId: 'job-1', attempt: 2 }), '1s');
  expect(view.container.textContent).toBe('queued ');
});

it('useJobSuspense goes on showing a job that is dismissed, and does not suspend', async () => {
  const server = startServer();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  const One = () => <b>{useJobSuspense('job-1').progress} {useJobs().length}</b>;
  const page = (key: string) => onServer(server, <Suspense key={key} fallback="waiting"><One /></Suspense>);
  const view = renderStrictly(page('before'));
  await happen(server);
  await happen(server, () => server.client.dismissJob('job-1'), '1s');
  expect(view.container.textContent).toBe('40 0');
  view.rerender(page('after'));
  await happen(server, undefined, '1s');
  expect(view.container.textContent).toBe('40 0');
});
