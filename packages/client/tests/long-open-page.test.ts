import { expect, onTestFinished, test } from 'vitest';
import { createFakeJobServer } from '../src/testing/index.js';

const JOBS_AN_HOUR = 100;
const HOURS_OF_A_DAY = 24;

/** A page that tracks 100 jobs in each hour to their ends, and counts what it keeps. */
function openPage() {
  let stored = 0;
  const server = createFakeJobServer({}, ({ options, environment }) => ({
    options,
    environment: {
      ...environment,
      storage: () => ({ getItem: () => null, setItem: (_key, value) => void (stored = value.length) }),
    },
  }));
  onTestFinished(() => server.close());
  const { client } = server;
  let ends = 0;
  client.on({ onJobCompleted: () => void ends++ }, { callbacks: 'tracked' });
  client.subscribe({ userId: 'user-1' });
  void client.connect();
  const inspection = client.inspect((receive) => receive);
  const ids: string[] = [];

  async function oneHour(): Promise<void> {
    // As long as any other, so that bytes can be compared.
    const begun = Array.from({ length: JOBS_AN_HOUR }, (_, index) => `job-${100_000 + ids.length + index}`);
    ids.push(...begun);
    for (const jobId of begun) {
      client.trackJob(jobId);
      server.progress({ jobId, stage: 'SAVING', progress: 50 });
    }
    await server.advance('5m');
    for (const jobId of begun) server.complete({ jobId });
    await server.advance('55m');
    // A server keeps no job for ever either.
    for (const jobId of begun) server.forget(jobId);
  }

  return {
    client,
    ends: () => ends,
    async oneDay(): Promise<void> {
      for (let hour = 0; hour < HOURS_OF_A_DAY; hour++) await oneHour();
    },
    kept: () => ({
      listed: client.getJobs().length,
      known: ids.filter((jobId) => client.getJob(jobId)).length,
      tracked: ids.filter((jobId) => client.isTracked(jobId)).length,
      subscriptions: inspection.subscriptions().length,
      timers: server.clock.pending,
      stored,
    }),
  };
}

test('a page that is open for a week, with 100 jobs an hour, keeps what it kept after a day', async () => {
  const page = openPage();
  await page.oneDay();
  const afterADay = page.kept();
  for (let day = 2; day <= 7; day++) await page.oneDay();
  expect(page.kept()).toEqual(afterADay);
  expect(afterADay).toMatchObject({ listed: 0, known: 0, tracked: 200, subscriptions: 1 });
  expect(page.ends()).toBe(7 * HOURS_OF_A_DAY * JOBS_AN_HOUR);
});
