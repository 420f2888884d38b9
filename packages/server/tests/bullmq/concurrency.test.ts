import { isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';
import { io as connect } from 'socket.io-client';
import { afterEach, expect, it, vi } from 'vitest';

import { bullJobId, runBullJob } from '../../src/bullmq/index.js';
import { JobEventEmitterService } from '../../src/emitter/index.js';
import { connectWiring } from '../support/processes/connect-wiring.js';
import { describeOnBullBackends } from './bull-backends.js';
import { recordedEmitter } from './recorded-emitter.js';

const CONCURRENCY = 50;
const JOBS = 200;
const STEPS = 10;
const PERCENTAGES = Array.from({ length: STEPS }, (_, step) => ((step + 1) / STEPS) * 100);

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describeOnBullBackends('fifty jobs at once', (backend) => {
  /** The ids that its jobs are shown by, once all of them are done. */
  async function work(emitter: JobEventEmitterService): Promise<string[]> {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const jobs = await queue.addBulk(Array.from({ length: JOBS }, () => ({ name: 'notes', data: { userId: 'ada' } })));
    backend.worker(
      name,
      (job) =>
        runBullJob(emitter, job, { userId: job.data.userId }, async (run) => {
          for (let step = 1; step <= STEPS; step++) {
            run.report(step / STEPS);
            await new Promise((resolve) => setImmediate(resolve));
          }
          return job.id;
        }),
      { concurrency: CONCURRENCY },
    );
    await vi.waitFor(async () => expect(await queue.getJobCounts('completed')).toEqual({ completed: JOBS }), { timeout: 60_000, interval: 100 });
    return jobs.map((job) => bullJobId(job));
  }

  const expectWhole = (jobId: string, heard: readonly AnyJobSnapshot[]): void => {
    const percentages = heard.filter(({ status, progress }) => status === 'active' && progress > 0).map(({ progress }) => progress);
    expect(percentages, jobId).toEqual(PERCENTAGES);
    expect(heard.at(-1), jobId).toMatchObject({ status: 'completed', result: jobId.split(':').at(-2) });
    expect(heard.filter(({ status }) => isFinal(status)), jobId).toHaveLength(1);
  };

  it('lose neither progress nor ends when their workers emit themselves', async () => {
    await using recorded = recordedEmitter();
    for (const jobId of await work(recorded.emitter)) {
      expectWhole(jobId, recorded.broadcasts.filter((snapshot) => snapshot.jobId === jobId));
      expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed' });
    }
  }, 90_000);

  it('lose nothing on the way through the database to a client of another server either', async () => {
    const errors: unknown[] = [];
    const open = async () => {
      const connection = await connectWiring(backend.url(), (error) => errors.push(error));
      cleanups.push(() => connection.close());
      return connection;
    };
    const heard = await listen((await open()).adapter);
    const { broadcaster, store } = await open();
    const emitter = new JobEventEmitterService({ broadcaster, store, throttle: { intervalMs: 0 }, onError: (error) => void errors.push(error) });
    cleanups.push(() => emitter.close());

    const jobIds = await work(emitter);
    await vi.waitFor(() => expect(heard.filter(({ status }) => isFinal(status))).toHaveLength(JOBS), { timeout: 15_000 });
    const records = await store.get(jobIds);
    for (const [index, jobId] of jobIds.entries()) {
      expectWhole(jobId, heard.filter((snapshot) => snapshot.jobId === jobId));
      expect(records[index]?.snapshot).toMatchObject({ status: 'completed' });
    }
    expect(errors).toEqual([]);
  }, 90_000);
});

/** What a client hears that is connected to a server which knows of workers by its adapter alone. */
async function listen(adapter: Awaited<ReturnType<typeof connectWiring>>['adapter']): Promise<readonly AnyJobSnapshot[]> {
  const http = createServer();
  const io = new Server(http, { adapter });
  cleanups.push(() => io.close());
  io.of('/jobs').on('connection', (socket) => void socket.join('user:ada'));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const heard: AnyJobSnapshot[] = [];
  const socket = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}/jobs`, { transports: ['websocket'], forceNew: true });
  socket.onAny((_event, snapshot: AnyJobSnapshot) => heard.push(snapshot));
  cleanups.push(async () => socket.disconnect());
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return heard;
}
