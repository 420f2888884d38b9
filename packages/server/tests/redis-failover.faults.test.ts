import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isFinal } from '@notes/job-events-protocol';
import { describeWith, startRedisCluster, startSentinel, type RedisClusterServers, type SentinelServers } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { createCluster, createSentinel } from 'redis';
import { Server } from 'socket.io';
import { afterEach, expect, it, vi } from 'vitest';
import { createJobEvents, JobEventEmitterService, type JobEventsServerError } from '../src/index.js';
import { connectRedis, type RedisLocation } from '../src/redis/index.js';
import { watchJobs } from './support/watching-client.js';

const EVENTS_PER_SECOND = 50;
const STEPS = 10;
const STEP_MS = 200;
/** As many jobs at a time as report that often. */
const JOBS_AT_A_TIME = (EVENTS_PER_SECOND * STEP_MS) / 1_000;
const SERVED_WITHIN_MS = 15_000;

/** Servers that fail over, and what is done to their primary. */
interface Failover {
  /** A place of its own for each process. */
  readonly locate: () => Promise<RedisLocation>;
  /** Takes the primary away. */
  readonly harm: () => Promise<void>;
  /** Resolves when another primary takes writes. */
  readonly untilNewPrimary: () => Promise<unknown>;
  /** Of a planned failover: whether the old primary, which is well, is a replica by now, and whether clients may wait for that. */
  readonly demotion?: { readonly hasHappened: () => Promise<boolean>; readonly isWaitedFor: boolean };
}

describeWith(['redis-server', 'redis-cli'], 'a failover under load', () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

  async function connect(location: RedisLocation) {
    const reports: string[] = [];
    const onError = ({ code, connection }: JobEventsServerError): void => void reports.push(`${code} ${connection ?? ''}`);
    const connected = await connectRedis({ ...location, onError });
    cleanups.push(() => connected.close({ timeoutMs: 1_000 }));
    const reportsOf = (name: string): string[] => reports.filter((report) => report.endsWith(` ${name}`)).map((report) => report.split(' ')[0]!);
    return { ...connected, onError, reportsOf };
  }

  async function startGateway(location: RedisLocation) {
    const { adapter, store, onError, reportsOf } = await connect(location);
    const http = createServer();
    const io = new Server(http, { adapter, maxHttpBufferSize: 100_000 });
    const jobEvents = createJobEvents(io, {
      authenticate: ({ token }) => (token === undefined ? null : { userId: token }),
      store,
      onError,
      logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => {
      await jobEvents.close();
      await io.close();
    });
    return { origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, reportsOf };
  }

  async function startWorker(location: RedisLocation) {
    const { broadcaster, store, onError, reportsOf } = await connect(location);
    const emitter = new JobEventEmitterService({ broadcaster, store, onError });
    cleanups.push(() => emitter.close());
    const run = (jobId: string, steps = STEPS): Promise<unknown> =>
      emitter.run({ jobId, userId: 'ada' }, async (job) => {
        for (let step = 0; step < steps; step++) {
          job.stage(`STEP_${step}`, step / steps);
          await pause(STEP_MS);
        }
      });
    return { run, reportsOf, store };
  }

  async function delivers({ locate, harm, untilNewPrimary, demotion }: Failover): Promise<void> {
    const worker = await startWorker(await locate());
    await Promise.all(Array.from({ length: 5 }, (_, index) => worker.run(`old-${index}`, 1)));

    const gateway = await startGateway(await locate());
    const client = watchJobs(gateway.origin, 'ada');
    cleanups.push(() => client[Symbol.dispose]());
    await vi.waitFor(() => expect(client.jobs.size).toBe(5), { timeout: 15_000 });

    const runs: Promise<unknown>[] = [];
    const load = setInterval(() => runs.push(worker.run(`job-${runs.length}`)), (STEPS * STEP_MS) / JOBS_AT_A_TIME);
    cleanups.push(() => clearInterval(load));
    await vi.waitFor(() => expect(client.live.filter(({ status }) => isFinal(status)).length).toBeGreaterThan(5), { timeout: 30_000 });
    await harm();
    await untilNewPrimary();
    if (demotion?.isWaitedFor === false) {
      await vi.waitFor(() => expect([worker.reportsOf('redis commands'), gateway.reportsOf('redis commands'), gateway.reportsOf('redis stream')].map((reports) => reports.at(-1))).toEqual(Array(3).fill('CONNECTION_RESTORED')), { timeout: 5_000 });
      expect(await demotion.hasHappened()).toBe(false);
    }
    const newPrimaryAt = performance.now();
    clearInterval(load);

    const completed = (): number => [...client.jobs.values()].filter(({ jobId, status }) => jobId.startsWith('job-') && status === 'completed').length;
    await vi.waitFor(() => expect(completed()).toBe(runs.length), { timeout: SERVED_WITHIN_MS, interval: 100 });
    process.stdout.write(`${runs.length} ends, the last ${Math.round(performance.now() - newPrimaryAt)} ms after the new primary\n`);
    await Promise.all(runs);
    if (demotion !== undefined) await vi.waitFor(async () => expect(await demotion.hasHappened()).toBe(true), { timeout: 40_000, interval: 200 });
    const stored = await worker.store.get(runs.map((_, index) => `job-${index}`));
    expect(stored.map((record, index) => record?.snapshot.status ?? `job-${index} is missing`)).toEqual(runs.map(() => 'completed'));

    const ends = client.live.filter(({ status }) => isFinal(status)).map(({ jobId }) => jobId);
    expect(ends.filter((jobId) => jobId.startsWith('old-'))).toEqual([]);
    expect(new Set(ends).size).toBe(ends.length);
    await vi.waitFor(() => {
      for (const reports of [worker.reportsOf('redis commands'), gateway.reportsOf('redis commands'), gateway.reportsOf('redis stream')]) {
        // Each loss and each return once.
        expect(reports).toEqual(reports.map((_, index) => (index % 2 === 0 ? 'CONNECTION_LOST' : 'CONNECTION_RESTORED')));
        expect(reports.length % 2).toBe(0);
      }
    }, { timeout: SERVED_WITHIN_MS });
    expect(gateway.reportsOf('redis stream').length).toBeGreaterThan(0);
  }

  async function withSentinel(harm: 'freeze' | 'kill', locate: (servers: SentinelServers) => Promise<RedisLocation>): Promise<void> {
    const servers = await startSentinel();
    cleanups.push(() => servers[Symbol.asyncDispose]());
    const primary = await servers.primaryPort();
    await delivers({ locate: () => locate(servers), harm: async () => servers.server(primary)[harm](), untilNewPrimary: () => servers.waitForSuccessor(primary) });
  }

  async function planned(locate: (servers: SentinelServers) => Promise<RedisLocation>, { isWaitedFor = false } = {}): Promise<void> {
    const servers = await startSentinel();
    cleanups.push(() => servers[Symbol.asyncDispose]());
    const primary = await servers.primaryPort();
    const [old, sentinel] = [new Redis(primary), new Redis(servers.sentinels[0]!.port)];
    cleanups.push(() => old.disconnect(), () => sentinel.disconnect());
    const hasHappened = async (): Promise<boolean> => ((await old.call('ROLE')) as string[])[0] !== 'master';
    await delivers({
      locate: () => locate(servers),
      harm: async () => void (await sentinel.call('SENTINEL', 'FAILOVER', servers.name)),
      untilNewPrimary: () => servers.waitForSuccessor(primary),
      demotion: { hasHappened, isWaitedFor },
    });
  }

  async function withCluster(harm: 'freeze' | 'kill', locate: (servers: RedisClusterServers) => Promise<RedisLocation>): Promise<void> {
    const servers = await startRedisCluster();
    cleanups.push(() => servers[Symbol.asyncDispose]());
    // The node whose loss hurts most.
    const primary = await servers.primaryOf('job-events');
    await delivers({ locate: () => locate(servers), harm: async () => servers.server(primary)[harm](), untilNewPrimary: () => servers.waitForSuccessor(primary, 'job-events') });
  }

  it('delivers every end once, within 15 s of the new primary, by Sentinel from a primary that hangs', () =>
    withSentinel('freeze', async ({ sentinels, name }) => ({ sentinels, name })));

  it('delivers every end once, within 15 s of the new primary, by Sentinel with a client of redis', () =>
    withSentinel('kill', async ({ sentinels, name }) => {
      const client = createSentinel({ name, sentinelRootNodes: [...sentinels] });
      client.on('error', () => {});
      await client.connect();
      cleanups.push(() => client.destroy());
      return { client };
    }));

  it('goes to the new primary of a planned failover before the old one is demoted, and loses no end, by Sentinel', () =>
    planned(async ({ sentinels, name }) => ({ sentinels, name })));

  // A client of redis rejects no command while a Sentinel has the failover in progress: it waits, and none goes to the old primary.
  it('loses no end in a planned failover, by Sentinel with a client of redis', () =>
    planned(async ({ sentinels, name }) => {
      const client = createSentinel({ name, sentinelRootNodes: [...sentinels] });
      client.on('error', () => {});
      await client.connect();
      cleanups.push(() => client.destroy());
      return { client };
    }, { isWaitedFor: true }));

  it('delivers every end once, within 15 s of the new primary, in a cluster whose primary is killed', () =>
    withCluster('kill', async ({ nodes }) => ({ cluster: nodes.slice(0, 3) })));

  it('delivers every end once, within 15 s of the new primary, in a cluster whose primary hangs', () =>
    withCluster('freeze', async ({ nodes }) => ({ cluster: nodes.slice(0, 3) })));

  it('delivers every end once, within 15 s of the new primary, in a cluster with a client of redis', () =>
    withCluster('kill', async ({ nodes }) => {
      const client = createCluster({ rootNodes: nodes.slice(0, 3).map((socket) => ({ socket })) });
      client.on('error', () => {});
      await client.connect();
      cleanups.push(() => client.destroy());
      return { client };
    }));
});
