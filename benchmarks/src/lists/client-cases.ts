import { createJob, createStubServer, loadList } from './stub-server.ts';
import { bytesUsed, cpuTime, median } from './statistics.ts';

const JOBS = 10_000;
const EVENTS = 1_000;
/** Before what is measured, so that it is compiled. */
const WARM_UP = 300;

const createJobs = (count: number) => Array.from({ length: count }, (_, index) => createJob(index));

/** Main thread time in ms from the connection until the list is complete, with a reader of the list. */
export async function arrival(): Promise<number> {
  const server = createStubServer(createJobs(JOBS));
  server.client.store.subscribe(() => {});
  // What the preparation left behind is not the client's.
  bytesUsed();
  const before = cpuTime();
  await loadList(server, JOBS);
  return cpuTime() - before;
}

/** The time in ms for one event among the jobs: the median of many. */
async function event(isListRead: boolean): Promise<number> {
  const server = createStubServer(createJobs(JOBS));
  await loadList(server, JOBS);
  if (isListRead) server.client.store.subscribe(() => {});
  const times: number[] = [];
  for (let count = 0; count < WARM_UP + EVENTS; count++) {
    const job = createJob((count * 7_919) % JOBS, {}, 2 + count);
    const begin = performance.now();
    server.send(job);
    if (count >= WARM_UP) times.push(performance.now() - begin);
  }
  return median(times);
}

export const eventWithoutReader = (): Promise<number> => event(false);
export const eventWithReader = (): Promise<number> => event(true);

/** The bytes of heap for one job that is listed, its own state included. */
export async function memory(): Promise<number> {
  const before = bytesUsed();
  const server = createStubServer(createJobs(JOBS));
  await loadList(server, JOBS);
  const listed = server.client.getJobs();
  const used = bytesUsed() - before;
  return used / listed.length;
}

/** The bytes of the state itself, as an application would keep it in an array. */
export async function memoryOfStates(): Promise<number> {
  const before = bytesUsed();
  const jobs = createJobs(JOBS);
  const used = bytesUsed() - before;
  return used / jobs.length;
}

/** Tracks jobs and lets them end. */
async function storage(count: number): Promise<{ kept: number; written: number }> {
  let kept = 0;
  let written = 0;
  const setItem = (key: string, value: string): void => {
    kept = key.length + value.length;
    written += kept;
  };
  const server = createStubServer([], { storage: () => ({ getItem: () => null, setItem }) });
  server.client.on({ onJobCompleted() {} }, { callbacks: 'tracked' });
  server.client.subscribe({ userId: 'user-1' });
  await server.client.connect();
  for (let index = 0; index < count; index++) server.client.trackJob(createJob(index).jobId);
  for (let index = 0; index < count; index++) server.send(createJob(index, { status: 'completed', result: {} }, 2));
  // The client writes twice a second at most.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return { kept, written };
}

const TRACKED = 2_000;
export const storageKept = async (): Promise<number> => (await storage(TRACKED)).kept / TRACKED;
export const storageWritten = async (): Promise<number> => (await storage(TRACKED)).written / 1e6;
