import { memo } from 'react';
import { expect, it, vi } from 'vitest';

import { happen, onServer, renderStrictly, startServer, subscriptionsOf } from '../tests/strict-page.js';
import { useJob, useJobs, type JobState } from './index.js';

const Percent = ({ jobId }: { jobId: string | undefined }) => <b>{useJob(jobId).job?.progress ?? 'unknown'}</b>;

it('shows a job and what becomes of it', async () => {
  const server = startServer();
  const view = renderStrictly(onServer(server, <Percent jobId="job-1" />));
  expect(view.container.textContent).toBe('unknown');
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 }), '5s');
  expect(view.container.textContent).toBe('90');
});

it('shows the other job at once when the id changes, and lets go of the first', async () => {
  const server = startServer();
  const shown: string[] = [];
  const Watched = ({ jobId }: { jobId: string | undefined }) => {
    shown.push(`${jobId} ${useJob(jobId).job?.jobId}`);
    return null;
  };
  const view = renderStrictly(onServer(server, <Watched jobId="job-1" />));
  await happen(server);
  await happen(server, () => server.queue({ jobId: 'job-1' }), '5s');
  view.rerender(onServer(server, <Watched jobId="job-2" />));
  await happen(server);
  await happen(server, () => server.queue({ jobId: 'job-2' }), '5s');
  view.rerender(onServer(server, <Watched jobId={undefined} />));
  await happen(server);
  expect(new Set(shown)).toEqual(
    new Set(['job-1 undefined', 'job-1 job-1', 'job-2 undefined', 'job-2 job-2', 'undefined undefined']),
  );
  const released = server.requests.filter(({ name }) => name === 'unsubscribe').map(({ payload }) => payload);
  expect(released).toEqual([{ subscriptions: [{ jobId: 'job-1' }] }, { subscriptions: [{ jobId: 'job-2' }] }]);
});

it('goes on following a job that had to be asked for by its id until the last component lets go of it', async () => {
  const server = startServer();
  const page = (keys: readonly string[]) => onServer(server, keys.map((key) => <Percent key={key} jobId="job-1" />));
  const view = renderStrictly(page(['before it is known']));
  await happen(server);
  await happen(server, () => server.queue({ jobId: 'job-1' }), '5s');
  view.rerender(page(['before it is known', 'after']));
  view.rerender(page(['after']));
  await happen(server);
  const released = () => server.requests.filter(({ name }) => name === 'unsubscribe').length;
  expect(released()).toBe(0);
  view.rerender(page([]));
  await happen(server);
  expect(released()).toBe(1);
});

it('renders one row of 200 when one job changes, and asks for none of them by its id', async () => {
  const server = startServer();
  const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
  const rendered: string[] = [];
  const Row = memo(function Row({ jobId }: { jobId: string }) {
    rendered.push(`${jobId} ${useJob(jobId).job?.progress}`);
    return null;
  });
  const Table = () => useJobs().length === ids.length && ids.map((jobId) => <Row key={jobId} jobId={jobId} />);
  for (const jobId of ids) server.queue({ jobId });
  renderStrictly(onServer(server, <Table />));
  await happen(server);
  expect(new Set(rendered).size).toBe(200);

  rendered.length = 0;
  await happen(server, () => server.progress({ jobId: 'job-77', stage: 'SAVING', progress: 90 }));
  expect(new Set(rendered)).toEqual(new Set(['job-77 90']));
  expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
});

it('reads one job for an event, whatever the number of rows', async () => {
  const server = startServer();
  const ids = Array.from({ length: 200 }, (_, index) => `job-${index}`);
  for (const jobId of ids) server.queue({ jobId });
  renderStrictly(onServer(server, ids.map((jobId) => <Percent key={jobId} jobId={jobId} />)));
  await happen(server);
  const read = vi.spyOn(server.client, 'getJob');
  await happen(server, () => server.progress({ jobId: 'job-77', stage: 'SAVING', progress: 90 }));
  expect(new Set(read.mock.calls.flat())).toEqual(new Set(['job-77']));
});

it('costs no subscription in 300 rows that are mounted before the user\'s list has come, and one for a job of somebody else\'s', async () => {
  const server = startServer();
  const ids = Array.from({ length: 300 }, (_, index) => `job-${index}`);
  for (const jobId of ids) server.queue({ jobId });
  const view = renderStrictly(onServer(server, [...ids, 'not-in-the-list'].map((id) => <Percent key={id} jobId={id} />)));
  await happen(server, undefined, '20s');
  expect(subscriptionsOf(server)[0]).toEqual({ userId: 'user-1' });
  expect(new Set(subscriptionsOf(server).slice(1).map((one) => JSON.stringify(one)))).toEqual(new Set(['{"jobId":"not-in-the-list"}']));
  expect(view.container.textContent).toBe('0'.repeat(300) + 'unknown');
});

/** What `useJob` says, render for render. */
function watch(server: ReturnType<typeof startServer>, jobId: string | undefined, userId: string | null = 'user-1') {
  const states: JobState[] = [];
  const Watched = () => {
    states.push(useJob(jobId));
    return null;
  };
  renderStrictly(onServer(server, <Watched />, { userId }));
  return { states, get last() { return states.at(-1); } };
}

it('is pending until the server has answered, and then has the job', async () => {
  const server = startServer();
  server.queue({ jobId: 'job-1' });
  const seen = watch(server, 'job-1');
  expect(seen.last).toEqual({ job: undefined, error: undefined, isPending: true });
  await happen(server);
  expect(seen.last).toMatchObject({ job: { jobId: 'job-1' }, error: undefined, isPending: false });
});

it('is idle without a job and without a user', async () => {
  const server = startServer();
  const idle = { job: undefined, error: undefined, isPending: false };
  const withoutJob = watch(server, undefined);
  const withoutUser = watch(server, 'job-1', null);
  await happen(server);
  expect([withoutJob.last, withoutUser.last]).toEqual([idle, idle]);
});

it('says that the server does not know the job, and has it should it come after all', async () => {
  const server = startServer();
  const seen = watch(server, 'job-1');
  await happen(server, undefined, '1m');
  expect(seen.last).toMatchObject({ error: undefined, isPending: true });
  await happen(server, undefined, '2m');
  expect(seen.last).toMatchObject({ job: undefined, error: { code: 'NOT_FOUND' }, isPending: false });
  await happen(server, () => server.queue({ jobId: 'job-1' }));
  expect(seen.last).toMatchObject({ job: { jobId: 'job-1' }, error: undefined });
});

it('says why the connection was refused for good', async () => {
  const server = startServer({ clientOptions: { auth: () => 'forged' } });
  const seen = watch(server, 'job-1');
  await happen(server, undefined, '1s');
  expect(seen.last).toMatchObject({ job: undefined, error: { code: 'UNAUTHENTICATED' }, isPending: false });
});

it('goes on showing a job that has left the list some time after its end', async () => {
  const server = startServer();
  server.queue({ jobId: 'job-1' });
  const seen = watch(server, 'job-1');
  await happen(server);
  await happen(server, () => server.complete({ jobId: 'job-1' }));
  await happen(server, undefined, '15m');
  expect(server.client.getJobs()).toEqual([]);
  expect(seen.last).toMatchObject({ job: { status: 'completed' }, isPending: false });
});

it('goes on showing a job that had ended before its component was mounted, once it has left the list', async () => {
  const server = startServer();
  server.complete({ jobId: 'job-1' });
  const view = renderStrictly(onServer(server, null));
  await happen(server);
  view.rerender(onServer(server, <Percent jobId="job-1" />));
  await happen(server, undefined, '15m');
  expect(server.client.getJobs()).toEqual([]);
  expect(view.container.textContent).toBe('100');
  expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
});

it('forgets that the server did not know a job once there was one', async () => {
  const server = startServer();
  const seen = watch(server, 'job-1');
  await happen(server, undefined, '3m');
  expect(seen.last).toMatchObject({ error: { code: 'NOT_FOUND' } });
  await happen(server, () => server.queue({ jobId: 'job-1' }));
  await happen(server, () => server.complete({ jobId: 'job-1' }));
  await happen(server, () => server.client.dismissJob('job-1'));
  expect(seen.last).toEqual({ job: undefined, error: undefined, isPending: false });
});

it('says that the server does not know the job any more, and asks no more for it', async () => {
  const server = startServer();
  server.queue({ jobId: 'job-1' });
  const seen = watch(server, 'job-1');
  await happen(server);
  await happen(server, () => server.forget('job-1'), '10m');
  expect(seen.last).toMatchObject({ job: undefined, error: { code: 'JOB_UNKNOWN' }, isPending: false });
  expect(subscriptionsOf(server)).toEqual([{ userId: 'user-1' }]);
  await happen(server, () => server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 40 }), '5s');
  expect(seen.last).toMatchObject({ job: { progress: 40 }, error: undefined });
});
