import { describeWith, spawnNode, startPostgres, startRedis, type NodeProcess } from '@notes/test-kit';
import { isFinal } from '@notes/job-events-protocol';
import type { Job, Queue } from 'bullmq';
import { describe, expect, it, vi } from 'vitest';
import { bullJobId, queueJobOf } from '../../src/bullmq/index.js';
import { startReconciledQueue } from '../support/reconciled-queue.js';

const AWAY_MS = 6_000;
/** Once both the queue has ended it and the store's database is back. */
const ENDED_WITHIN_MS = 15_000;

const MOST_STARTS = 20;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The database of the job store, which goes away without forgetting anything. The queue has a Redis of its own. */
interface StoreDatabase extends AsyncDisposable {
  readonly url: string;
  leave(): Promise<void>;
  comeBack(): Promise<void>;
}

const DATABASES: Readonly<Record<string, () => Promise<StoreDatabase>>> = {
  async PostgreSQL() {
    const server = await startPostgres();
    const { url } = await server.createDatabase();
    return { url, leave: () => server.stop(), comeBack: () => server.start(), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  },
  async Redis() {
    const server = await startRedis({ own: true });
    return {
      url: server.url,
      leave: async () => server.freeze(),
      comeBack: async () => server.thaw(),
      async [Symbol.asyncDispose]() {
        server.thaw();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};

interface Data {
  readonly userId: string;
  readonly failures: number;
}

/** What happens to the workers while the store is away. Resolves when as many of them live as the rest of the work needs. */
type Harm = (application: { readonly workers: readonly NodeProcess[]; readonly startWorker: () => Promise<NodeProcess> }) => Promise<unknown>;

const HARMS: Readonly<Record<string, Harm>> = {
  async 'are killed'({ workers, startWorker }) {
    const [first, second] = workers;
    const replacements = [startWorker(), startWorker()];
    await pause(1_000);
    await first!.kill();
    await pause(2_000);
    await second!.kill();
    await Promise.all(replacements);
  },
  async 'are all told to end'({ workers, startWorker }) {
    await pause(1_500);
    await Promise.all(workers.map((worker) => worker.kill('SIGTERM')));
    await startWorker();
  },
};

/** A gateway with a client, an API process that announces jobs and reconciles their queue, and two workers of their own processes. */
async function startApplication(database: StoreDatabase, cleanups: AsyncDisposableStack) {
  const queueServer = cleanups.use(await startRedis({ own: true }));
  const application = await startReconciledQueue<Data>({ queue: queueServer.url, store: database.url }, cleanups);
  const { queue, emitter } = application;
  const workers: NodeProcess[] = [];
  /** Begun again, as whatever runs processes does, while it cannot start: `connectPostgres` refuses a database that is away. */
  const startWorker = async (starts = 1): Promise<NodeProcess> => {
    const worker = spawnNode(new URL('../support/processes/bull-worker.ts', import.meta.url), { args: [database.url, queueServer.url, queue.name] });
    workers.push(worker);
    try {
      await worker.waitForMessage(({ ready }: { ready?: true }) => ready === true);
      return worker;
    } catch (error) {
      if (starts === MOST_STARTS) throw error;
    }
    await pause(1_000);
    return startWorker(starts + 1);
  };
  cleanups.defer(async () => void (await Promise.all(workers.map((worker) => worker.kill()))));
  await Promise.all([startWorker(), startWorker()]);

  const jobs: Job<Data>[] = [];
  /** Some fail once and some for good. */
  const add = async (): Promise<void> => {
    const index = jobs.length;
    const job = await queue.add('notes', { userId: 'ada', failures: index % 7 === 0 ? 2 : index % 3 === 0 ? 1 : 0 }, { attempts: 2 });
    jobs.push(job);
    void emitter.emitQueued({ jobId: bullJobId(job), userId: 'ada', queueJob: queueJobOf(job) }).catch(() => undefined);
  };
  return { ...application, workers, startWorker, jobs, add };
}

async function endedIn(queue: Queue<Data>, jobs: readonly Job<Data>[]): Promise<readonly Job<Data>[]> {
  const states = await Promise.all(jobs.map((job) => queue.getJobState(job.id!)));
  return jobs.filter((_, index) => states[index] === 'completed' || states[index] === 'failed');
}

describeWith(['redis'], 'BullMQ while the job store is away', () => {
  describe.each(Object.entries(DATABASES))('on %s', (_name, startDatabase) => {
    // One after the other: each is seven processes, and measures 15 s.
    it.each(Object.entries(HARMS))('every job ends as its queue has ended it, once, within 15 s of that and of the store’s return, though workers %s meanwhile', async (_what, harm) => {
      await using cleanups = new AsyncDisposableStack();
      const database = cleanups.use(await startDatabase());
      const application = await startApplication(database, cleanups);
      const { store, queue, client, workers, jobs, add } = application;
      await vi.waitFor(() => expect(client.socket.connected).toBe(true), { timeout: 10_000 });
      const adding = setInterval(() => void add(), 150);
      cleanups.defer(() => clearInterval(adding));
      await pause(2_000);

      await database.leave();
      const harmed = harm({ workers: workers.slice(), startWorker: application.startWorker });
      await pause(AWAY_MS);
      clearInterval(adding);
      await database.comeBack();
      const known = await endedIn(queue, jobs);
      const shownAsEnded = async (which: readonly Job<Data>[]): Promise<void> => {
        const records = await store.get(which.map((job) => bullJobId(job)));
        const shown = await Promise.all(which.map(async (job, index) => [bullJobId(job), records[index]?.snapshot.status, await queue.getJobState(job.id!)]));
        expect(shown.filter(([, stored, queued]) => stored !== queued)).toEqual([]);
      };
      await vi.waitFor(() => shownAsEnded(known), { timeout: ENDED_WITHIN_MS, interval: 500 });
      await harmed;
      // How long the queue takes for the rest is not for the library to say.
      await vi.waitFor(async () => expect(await endedIn(queue, jobs)).toHaveLength(jobs.length), { timeout: 60_000, interval: 500 });
      await vi.waitFor(() => shownAsEnded(jobs), { timeout: ENDED_WITHIN_MS, interval: 500 });

      // The client asks every 3 s for what it did not hear.
      await vi.waitFor(() => expect([...client.jobs.values()].filter(({ status }) => isFinal(status))).toHaveLength(jobs.length), { timeout: 8_000 });
      const ends = client.live.filter(({ status }) => isFinal(status)).map(({ jobId }) => jobId);
      expect(ends.filter((jobId, index) => ends.indexOf(jobId) !== index)).toEqual([]);
      expect(JSON.stringify(client.live)).not.toContain('/srv/worker.js');

      const calls = workers.flatMap(({ messages }) => (messages as readonly { called?: string; at?: number }[]).filter(({ called }) => called !== undefined));
      const finished = new Map(await Promise.all(jobs.map(async ({ id }) => [id, (await queue.getJob(id!))?.finishedOn] as const)));
      expect(calls.filter(({ called, at }) => at! > finished.get(called!)!)).toEqual([]);
      expect(new Set(calls.map(({ called }) => called)).size).toBe(jobs.length);
    });
  });
});
