import { createFakeJobServer } from '@notes/job-events-client/testing';
import { createJob, createStubServer, USER_ID } from './stub-server.ts';
import { bytesUsed } from './statistics.ts';

const JOBS_AN_HOUR = 100;

export interface WeekOfPage {
  /** After a day and after a week. */
  readonly heap: readonly number[];
  readonly stored: readonly number[];
  readonly listed: readonly number[];
  readonly tracked: readonly number[];
}

/** A page that stays open for a week, and tracks 100 jobs in each hour to their ends. */
export async function week(): Promise<WeekOfPage> {
  const { clock } = createFakeJobServer();
  let stored = 0;
  const storage = { getItem: () => null, setItem: (key: string, value: string) => void (stored = key.length + value.length) };
  const server = createStubServer([], { timing: clock, storage: () => storage });
  const { client } = server;
  client.on({ onJobCompleted() {} }, { callbacks: 'tracked' });
  client.store.subscribe(() => {});
  client.subscribe({ userId: USER_ID });
  void client.connect();
  await clock.advance('1s');
  const heap: number[] = [];
  const bytes: number[] = [];
  const listed: number[] = [];
  const tracked: number[] = [];
  let index = 0;
  for (let day = 1; day <= 7; day++) {
    for (let hour = 0; hour < 24; hour++, index += JOBS_AN_HOUR) {
      const begun = Array.from({ length: JOBS_AN_HOUR }, (_, count) => index + count);
      const createdAt = new Date(clock.now()).toISOString();
      for (const number of begun) {
        client.trackJob(createJob(number).jobId);
        server.send(createJob(number, { createdAt, timestamp: createdAt }));
      }
      await clock.advance('5m');
      const timestamp = new Date(clock.now()).toISOString();
      for (const number of begun) server.send(createJob(number, { status: 'completed', result: { noteId: 'n1' }, createdAt, timestamp }, 2));
      await clock.advance('55m');
    }
    if (day !== 1 && day !== 7) continue;
    heap.push(bytesUsed());
    bytes.push(stored);
    listed.push(client.getJobs().length);
    tracked.push(Array.from({ length: index }, (_, at) => createJob(at).jobId).filter((jobId) => client.isTracked(jobId)).length);
  }
  return { heap, stored: bytes, listed, tracked };
}
