import { notifyManager, QueryClient, QueryClientProvider, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Suspense, type ReactNode } from 'react';
import { afterEach, expect, it } from 'vitest';

import { happen, onServer, renderStrictly, startServer, subscriptionsOf } from '../tests/strict-page.js';
import { jobQueryOptions } from './tanstack.js';

// Instead of by a timer, which the virtual clock does not see.
notifyManager.setScheduler(queueMicrotask);

let queryClient: QueryClient;
afterEach(() => queryClient.clear());

const page = (children: ReactNode) => <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>;

const start = () => {
  queryClient = new QueryClient();
  return startServer({ isPublic: (jobId) => jobId === 'public' });
};

type Server = ReturnType<typeof startServer>;

const Percent = ({ server, jobId }: { server: Server; jobId: string }) => {
  const { data, error, isPending } = useQuery(jobQueryOptions(server.client, jobId));
  return <b>{isPending ? 'pending' : (error?.code ?? `${data?.status} ${data?.progress}`)}</b>;
};

it('useQuery has the job, and the cache follows what becomes of it without another fetch', async () => {
  const server = start();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  const view = renderStrictly(page(onServer(server, <Percent server={server} jobId="job-1" />)));
  expect(view.container.textContent).toBe('pending');
  await happen(server);
  expect(view.container.textContent).toBe('active 40');
  await happen(server, () => server.complete({ jobId: 'job-1' }));
  expect(view.container.textContent).toBe('completed 100');
  expect(queryClient.getQueryData(jobQueryOptions(server.client, 'job-1').queryKey)).toBe(server.client.getJob('job-1'));
  expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
});

it('a job of somebody else\'s is followed until its query leaves the cache', async () => {
  const server = start();
  server.progress({ jobId: 'public', userId: 'user-2', stage: 'SAVING', progress: 40 });
  const view = renderStrictly(page(onServer(server, <Percent server={server} jobId="public" />)));
  await happen(server);
  expect(view.container.textContent).toBe('active 40');
  view.rerender(page(onServer(server, null)));
  await happen(server, () => server.progress({ jobId: 'public', stage: 'SAVING', progress: 60 }));
  expect(queryClient.getQueryData(['job-events', 'public'])).toMatchObject({ progress: 60 });
  const released = () => server.requests.filter(({ name }) => name === 'unsubscribe').length;
  expect(released()).toBe(0);
  await happen(server, () => queryClient.clear());
  expect(released()).toBe(1);
});

it('the query fails once with the error of useJob: for an id that no job can have, and for a refused connection', async () => {
  const server = start();
  const view = renderStrictly(page(onServer(server, <Percent server={server} jobId="a b" />)));
  await happen(server);
  expect(view.container.textContent).toBe('INVALID_PAYLOAD');
  const refused = startServer({ clientOptions: { auth: () => 'forged' } });
  queryClient = new QueryClient();
  const other = renderStrictly(page(onServer(refused, <Percent server={refused} jobId="job-1" />)));
  await happen(refused, undefined, '1s');
  expect(other.container.textContent).toBe('UNAUTHENTICATED');
});

it('useSuspenseQuery waits until the job is known', async () => {
  const server = start();
  const Shown = () => <b>{useSuspenseQuery(jobQueryOptions(server.client, 'job-1')).data.progress}</b>;
  const view = renderStrictly(page(onServer(server, <Suspense fallback="waiting"><Shown /></Suspense>)));
  await happen(server);
  expect(view.container.textContent).toBe('waiting');
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 }), '5s');
  expect(view.container.textContent).toBe('40');
});

it('the cache has nothing of the user before when another one is followed', async () => {
  const server = start();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  const row = <Percent server={server} jobId="job-1" />;
  const view = renderStrictly(page(onServer(server, row)));
  await happen(server);
  expect(view.container.textContent).toBe('active 40');
  server.signIn('user-2');
  view.rerender(page(onServer(server, row, { userId: 'user-2' })));
  await happen(server, undefined, '5s');
  expect(view.container.textContent).toBe('pending');
  expect(queryClient.getQueryData(['job-events', 'job-1'])).toBeUndefined();
});

it('the query fails where the server does not know the job any more, and has it again should it come back', async () => {
  const server = start();
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 });
  const view = renderStrictly(page(onServer(server, <Percent server={server} jobId="job-1" />)));
  await happen(server);
  expect(view.container.textContent).toBe('active 40');
  await happen(server, () => server.forget('job-1'), '5m');
  expect(view.container.textContent).toBe('JOB_UNKNOWN');
  expect(queryClient.getQueryData(['job-events', 'job-1'])).toBeUndefined();
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 60 }), '5s');
  expect(view.container.textContent).toBe('active 60');
});

it('refetch asks again for a job that the server did not know', async () => {
  const server = start();
  const view = renderStrictly(page(onServer(server, <Percent server={server} jobId="public" />)));
  await happen(server, undefined, '3m');
  expect(view.container.textContent).toBe('NOT_FOUND');
  server.progress({ jobId: 'public', userId: 'user-2', stage: 'SAVING', progress: 40 });
  await happen(server, () => void queryClient.refetchQueries({ queryKey: ['job-events', 'public'] }), '5s');
  expect(view.container.textContent).toBe('active 40');
});
