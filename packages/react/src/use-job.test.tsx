import { memo } from 'react';
import { expect, it } from 'vitest';

import { happen, onServer, renderStrictly, startServer, subscriptionsOf } from '../tests/strict-page.js';
import { useJob, useJobs } from './index.js';

const Percent = ({ jobId }: { jobId: string | undefined }) => <b>{useJob(jobId)?.progress ?? 'unknown'}</b>;

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
    shown.push(`${jobId} ${useJob(jobId)?.jobId}`);
    return null;
  };
  const view = renderStrictly(onServer(server, <Watched jobId="job-1" />));
  await happen(server, () => server.queue({ jobId: 'job-1' }), '5s');
  view.rerender(onServer(server, <Watched jobId="job-2" />));
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
    rendered.push(`${jobId} ${useJob(jobId)?.progress}`);
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
