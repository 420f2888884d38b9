import { describeWith, spawnNode, startPostgres, startRedis, type NodeProcess, type PostgresServer, type RedisServer, type TestDatabase } from '@notes/test-kit';
import { isFinal, type Subscription } from '@notes/job-events-protocol';
import { Redis } from 'ioredis';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { JobEventEmitterService, type JobRun } from '../src/emitter/index.js';
import { begin, shown } from '../src/testing/job-store-case.js';
import { forgetInRedis } from './forget-in-redis.js';
import { connectWiring } from './support/processes/connect-wiring.js';
import { watchJobs, type WatchingClient } from './support/watching-client.js';

/** What an operator would still call responsive. */
const LOOP_DELAY_MS = 200;

const script = (name: string): URL => new URL(`support/processes/${name}.ts`, import.meta.url);

interface Wiring {
  /** A database of its own for one test. */
  readonly url: () => Promise<string>;
  /** Does to the database what an operator dreads, and undoes it. Resolves when it is back. */
  readonly harm: (url: string) => Promise<unknown>;
  /** Deletes jobs, as expiry and eviction do. */
  readonly forget: (url: string, jobIds: readonly string[]) => Promise<unknown>;
}

function describeWiring(wiring: Wiring): void {
  const running: NodeProcess[] = [];
  const clients: WatchingClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client[Symbol.dispose]();
    await Promise.all(running.splice(0).map((process) => process.kill()));
  });

  const start = (name: string, ...args: string[]): NodeProcess => {
    const process = spawnNode(script(name), { args });
    running.push(process);
    return process;
  };

  async function startGateway(url: string, ...args: string[]) {
    const process = start('gateway', url, ...args);
    const { port } = await process.waitForMessage<{ port: number }>(({ port }) => port !== undefined);
    return { process, origin: `http://127.0.0.1:${port}` };
  }

  const watch = async (origin: string, userId = 'ada', subscriptions?: readonly Subscription[]): Promise<WatchingClient> => {
    const client = watchJobs(origin, userId, subscriptions);
    clients.push(client);
    await vi.waitFor(() => expect(client.socket.connected).toBe(true), { timeout: 10_000 });
    return client;
  };

  const allCompleted = (client: WatchingClient, jobs: number): void => {
    expect([...client.jobs.values()].filter(({ status }) => status === 'completed')).toHaveLength(jobs);
  };

  it('two workers’ jobs are seen to their ends by clients of two gateways', async () => {
    const url = await wiring.url();
    const gateways = await Promise.all([startGateway(url), startGateway(url)]);
    const watching = await Promise.all(gateways.map(({ origin }) => watch(origin)));
    const stranger = await watch(gateways[0]!.origin, 'eve');
    const workers = ['first', 'second'].map((name) => start('worker', url, name, '5', '10', '100'));
    await vi.waitFor(() => watching.forEach((client) => allCompleted(client, 10)), { timeout: 40_000 });
    for (const { live } of watching) {
      const ends = live.filter(({ status }) => isFinal(status));
      expect(new Set(ends.map(({ jobId }) => jobId)).size).toBe(ends.length);
      expect(live.some(({ status, progress }) => status === 'active' && progress > 0)).toBe(true);
    }
    expect(stranger.jobs.size).toBe(0);
    for (const worker of workers) {
      expect(await worker.waitForMessage(({ closed }: { closed?: true }) => closed === true)).toEqual({ closed: true, errors: [] });
      expect(await worker.ended).toBe(0);
    }
  });

  it('what one gateway revokes takes effect on the other, within 2 s', async () => {
    const url = await wiring.url();
    const [first, second] = await Promise.all([startGateway(url), startGateway(url)]);
    const [tom, ada, eve] = await Promise.all(['tom', 'ada', 'eve'].map((userId) => watch(second.origin, userId)));
    for (const { socket } of [tom!, ada!]) socket.io.reconnection(false);
    // The gateways may not have met yet when their first clients come.
    await vi.waitFor(() => {
      first.process.send({ revoke: { userId: 'tom' } });
      expect(tom!.socket.connected).toBe(false);
    }, { timeout: 10_000, interval: 500 });
    first.process.send({ revoke: { userId: 'ada' } });
    await vi.waitFor(() => expect(ada!.socket.connected).toBe(false), { timeout: 2_000 });
    expect(eve!.socket.connected).toBe(true);
  });

  it('one job that one gateway revokes is heard of no more through the other, within 2 s, and the rest goes on', async () => {
    const url = await wiring.url();
    const [first, second] = await Promise.all([startGateway(url, 'shared'), startGateway(url, 'shared')]);
    const { broadcaster, store, close } = await connectWiring(url, () => {});
    const emitter = new JobEventEmitterService({ broadcaster, store, throttle: { intervalMs: 0 } });
    let progress = 0;
    const report = () => Promise.all(['taken', 'kept'].map((jobId) => emitter.emitProgress({ jobId, userId: 'ben', stage: 'SAVING', progress })));
    await report();
    const ada = await watch(second.origin, 'ada', [{ jobId: 'taken' }, { jobId: 'kept' }]);
    await vi.waitFor(() => expect(ada.jobs.size).toBe(2), { timeout: 10_000 });
    /** Which jobs ada hears of that are reported on now. */
    const heardOf = async (): Promise<string[]> => {
      progress++;
      await report();
      const said = () => ada.live.filter((job) => job.progress === progress).map(({ jobId }) => jobId);
      await vi.waitFor(() => expect(said()).toContain('kept'), { timeout: 2_000 });
      return said();
    };
    await vi.waitFor(async () => expect(await heardOf()).toHaveLength(2), { timeout: 10_000 });
    first.process.send({ revoke: { userId: 'ada', jobId: 'taken' } });
    await vi.waitFor(async () => expect(await heardOf()).toEqual(['kept']), { timeout: 2_000 });
    expect(ada.socket.connected).toBe(true);
    await emitter.close();
    await close();
  });

  it('a job’s id that another user takes when the store has forgotten it brings neither user the other’s states', async () => {
    const url = await wiring.url();
    const gateways = await Promise.all([startGateway(url), startGateway(url)]);
    const worker = await connectWiring(url, () => {});
    const emitter = new JobEventEmitterService({ ...worker, onError: () => {}, supervision: false });
    let end = (): void => {};
    let job: JobRun | undefined;
    const running = emitter.run({ jobId: 'shared', userId: 'ada' }, (handle) => {
      job = handle;
      return new Promise<void>((resolve) => (end = resolve));
    });
    try {
      await vi.waitFor(() => expect(job).toBeDefined());
      const ada = await watch(gateways[0]!.origin, 'ada', [{ jobId: 'shared' }]);
      await vi.waitFor(() => expect(ada.jobs.size).toBe(1));
      await wiring.forget(url, ['shared']);
      await emitter.emitQueued({ jobId: 'shared', userId: 'bob' });
      const bob = await watch(gateways[1]!.origin, 'bob', [{ jobId: 'shared' }]);
      await vi.waitFor(() => expect(bob.jobs.size).toBe(1));
      job!.stage('ADAS');
      await vi.waitFor(() => expect(ada.live.map(({ stage }) => stage)).toContain('ADAS'));
      await emitter.emitCompleted({ jobId: 'shared', userId: 'bob', result: 'bobs' });
      await vi.waitFor(() => expect(bob.live.map(({ status }) => status)).toContain('completed'));
      end();
      await running.catch(() => {});
      // What went out before this has arrived when this does.
      await emitter.emitQueued({ jobId: 'last', userId: 'ada' });
      const late = await watch(gateways[0]!.origin, 'ada');
      await vi.waitFor(() => expect(late.jobs.has('last')).toBe(true));
      expect([...new Set(bob.live.map(({ stage }) => stage))]).toEqual(['COMPLETED']);
      expect(ada.live.filter(({ result }) => result === 'bobs')).toEqual([]);
    } finally {
      end();
      await running.catch(() => {});
      await emitter.close();
      await worker.close();
    }
  });

  it('a wish to cancel that comes to a gateway reaches the worker in its process, and the job ends once', async () => {
    const url = await wiring.url();
    const { origin } = await startGateway(url);
    const ada = await watch(origin);
    const worker = start('worker', url, 'long', '1', '10000', '100');
    await vi.waitFor(() => expect(ada.jobs.get('long-0')).toMatchObject({ status: 'active' }), { timeout: 30_000 });
    expect(await ada.socket.timeout(5_000).emitWithAck('cancel', { jobId: 'long-0' })).toEqual({ ok: true });
    expect(await worker.waitForMessage(({ results }: { results?: string[] }) => results !== undefined)).toEqual({ results: ['rejected'] });
    await vi.waitFor(() => expect(ada.jobs.get('long-0')).toMatchObject({ status: 'cancelled' }), { timeout: 5_000 });
    expect(await worker.ended).toBe(0);
    expect(ada.live.filter(({ status }) => isFinal(status))).toHaveLength(1);
  });

  it('of 1,000 writes of one job that race from two processes the greatest stands', async () => {
    const url = await wiring.url();
    const { store, close } = await connectWiring(url, () => {});
    const job = { store, jobId: 'raced', userId: 'ada' };
    const { epoch } = await begin(job);
    const writers = ['0', '1'].map((offset) => start('racing-writer', url, job.jobId, `${epoch}`, '1000', offset));
    await Promise.all(writers.map((writer) => writer.waitForMessage()));
    for (const writer of writers) writer.send({ go: true });
    for (const writer of writers) {
      const { results } = await writer.waitForMessage<{ results: string[] }>(({ results }) => results !== undefined);
      expect(results).toHaveLength(500);
      expect(results.filter((outcome) => outcome !== 'stored' && outcome !== 'outdated')).toEqual([]);
    }
    const { snapshot } = await shown(job);
    expect(snapshot).toMatchObject({ version: [1, 0, epoch, 1_001, epoch], stage: 'S999', progress: 999 / 20 });
    await close();
  });

  it('the death of the database under load ends no process, and every job ends on every client within 12 s of its return', async () => {
    const url = await wiring.url();
    const gateways = await Promise.all([startGateway(url), startGateway(url)]);
    const watching = await Promise.all(gateways.map(({ origin }) => watch(origin)));
    const workers = ['first', 'second'].map((name) => start('worker', url, name, '10', '60', '100'));
    await Promise.all(workers.map((worker) => worker.waitForMessage(({ stepped }: { stepped?: number }) => stepped === 10)));
    for (const { process } of gateways) process.send({ measure: true });

    const health: Promise<number>[] = [];
    const asking = setInterval(() => {
      for (const { origin } of gateways) {
        health.push(fetch(`${origin}/health`, { signal: AbortSignal.timeout(2_000) }).then(({ status }) => status, () => 0));
      }
    }, 250);
    // An idle process on the same machine: what it is late by is not the gateways' doing.
    const idle = monitorEventLoopDelay({ resolution: 10 });
    idle.enable();
    await wiring.harm(url);
    // Those that ended before count as well, those that wait for their store above all.
    await vi.waitFor(() => watching.forEach((client) => allCompleted(client, 20)), { timeout: 12_000, interval: 100 });
    idle.disable();
    clearInterval(asking);

    expect(new Set(await Promise.all(health))).toEqual(new Set([200]));
    for (const { process } of gateways) {
      process.send({ report: true });
      const report = await process.waitForMessage<{ errors: string[]; loopDelayP99: number; pid: number }>((message) => 'loopDelayP99' in message);
      expect(report.pid).toBe(process.pid);
      expect(report.errors).toContain('CONNECTION_LOST');
      expect(report.loopDelayP99).toBeLessThan(Math.max(LOOP_DELAY_MS, 2 * idle.percentile(99) / 1e6));
    }
    for (const worker of workers) {
      const { results } = await worker.waitForMessage<{ results: string[] }>((message) => 'results' in message);
      expect(new Set(results)).toEqual(new Set(['fulfilled']));
      expect(await worker.ended).toBe(0);
    }
  }, 120_000);
}

describe('processes joined by PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => { server = await startPostgres(); });
  afterAll(() => server[Symbol.asyncDispose]());
  const databases = new Map<string, TestDatabase>();
  describeWiring({
    url: async () => {
      const database = await server.createDatabase();
      databases.set(database.url, database);
      return database.url;
    },
    harm: async (url) => {
      for (let round = 0; round < 5; round++) {
        await databases.get(url)!.terminateConnections();
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      await server.stop();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await server.start();
    },
    forget: (url, jobIds) => databases.get(url)!.query('delete from job_events_jobs where job_id = any ($1)', [jobIds]),
  });
});

describeWith(['redis-server'], 'processes joined by Redis', () => {
  let server: RedisServer;
  beforeAll(async () => { server = await startRedis({ own: true }); });
  afterAll(() => server[Symbol.asyncDispose]());
  let databases = 0;
  describeWiring({
    // Streams are named alike in all databases of a server, but kept apart.
    url: async () => `${server.url}/${databases++}`,
    harm: async () => {
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await server.start();
    },
    forget: async (url, jobIds) => {
      const client = new Redis(url);
      await forgetInRedis(client, jobIds);
      client.disconnect();
    },
  });
});
