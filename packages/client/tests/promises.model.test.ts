import { compareVersions, isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createFakeJobServer, type Duration, type FakeJobServer } from '../src/testing/index.js';

/**
 * Random histories against the promises of the specification, section 3: a view that never goes back (1), each end told
 * once (2), and a view that equals the server's once the network is well (3).
 *
 * PROMISE_RUNS sets the number of histories; a failure prints its seed and path, which PROMISE_SEED and PROMISE_PATH repeat.
 */
const RUNS = Number(process.env['PROMISE_RUNS'] ?? 500);
const REPEAT = process.env['PROMISE_SEED'];

const USER = 'user-1';
/** Who sometimes signs in at the same page, and has no jobs. */
const GUEST = 'user-2';
const JOBS = ['a', 'b', 'c'] as const;
/** What ended longer ago may have left the lists. */
const RETAINED_MS = 9 * 60_000;

interface End {
  readonly audience: string;
  readonly jobId: string;
  readonly status: string;
  readonly attempt: number;
}

/** The tab under test and everything it told the application. */
class World {
  readonly server: FakeJobServer;
  readonly ends: End[] = [];
  readonly backward: string[] = [];
  /** Subscriptions that the client ended with a report. */
  readonly givenUp = new Set<string>();
  readonly newest = new Map<string, AnyJobSnapshot>();
  readonly releases = new Map<string, () => void>();
  user = USER;

  constructor(seed: number) {
    let state = seed;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    this.server = createFakeJobServer({ random });
    this.listen();
  }

  listen(): void {
    const { client } = this.server;
    for (const callbacks of ['all', 'tracked'] as const) {
      const heard = (job: AnyJobSnapshot) => {
        this.ends.push({ audience: callbacks, jobId: job.jobId, status: job.status, attempt: job.version[0] });
        // A handler may do anything, also what hands an end over.
        if (client.isTracked(job.jobId)) client.trackJob(job.jobId);
      };
      client.on(
        {
          onJobCompleted: (_result, job) => heard(job),
          onJobError: (_error, job) => heard(job),
          onJobRetrying: (_error, job) => heard(job),
          onJobCancelled: (job) => heard(job),
        },
        { callbacks },
      );
    }
    client.on({
      onSubscriptionError: (_error, subscription) => {
        if ('jobId' in subscription) this.givenUp.add(subscription.jobId);
      },
    });
    client.store.subscribe((jobs) => jobs.forEach((job) => this.#watchOrder(job as AnyJobSnapshot)));
    void client.connect();
  }

  #watchOrder(job: AnyJobSnapshot): void {
    const before = this.newest.get(job.jobId);
    this.newest.set(job.jobId, job);
    if (!before) return;
    const order = compareVersions(job.version, before.version);
    // Equal: it had left the table, its time being over, and a list brought it back.
    if (order === 0 && job.status === before.status) return;
    if (order < 0 || (isFinal(before.status) && job.version[0] === before.version[0]))
      this.backward.push(`${job.jobId} went back from ${before.version} to ${job.version}`);
    if (job.version[0] === before.version[0] && job.progress < before.progress)
      this.backward.push(`${job.jobId} fell from ${before.progress} to ${job.progress}`);
  }

  follow(key: string): void {
    if (this.releases.has(key)) return;
    this.givenUp.delete(key);
    this.releases.set(key, this.server.client.subscribe(key === this.user ? { userId: key } : { jobId: key }));
  }

  /** The guest signs in where the user was, or the user again, who is told of nothing twice. */
  changeUser(): void {
    for (const release of this.releases.values()) release();
    this.releases.clear();
    this.newest.clear();
    this.user = this.user === USER ? GUEST : USER;
    this.server.signIn(this.user);
    this.follow(this.user);
  }

  /** The tab is duplicated, and only the copy is looked at: it is another tab, which is told everything anew. */
  duplicate(): void {
    const original = this.server.client;
    this.server.duplicateTab();
    original.close();
    this.ends.length = 0;
    this.newest.clear();
    this.listen();
    const followed = [...this.releases.keys()];
    this.releases.clear();
    followed.forEach((key) => this.follow(key));
    // Who is signed in there is known from the beginning; a client that never heard of a user cannot tell that another one came.
    this.follow(this.user);
    for (const id of JOBS) expect(this.server.client.isTracked(id)).toBe(false);
  }

  reload(): void {
    this.server.reloadTab();
    // A reload begins with what the server knows, which may be less than what was seen live.
    this.newest.clear();
    this.listen();
    const followed = [...this.releases.keys()];
    this.releases.clear();
    followed.forEach((key) => this.follow(key));
  }

  /** Promise 1, of promise 2 that an end is told at most once, and that nobody sees the jobs of another user. */
  check(): void {
    if (this.user === GUEST) expect(this.server.client.getJobs()).toEqual([]);
    expect(this.backward).toEqual([]);
    const told = this.ends.map((end) => JSON.stringify(end));
    expect(told).toEqual([...new Set(told)]);
  }

  /** The network heals; what is followed must soon look as it does on the server. */
  async settle(): Promise<void> {
    const { server } = this;
    server.reconnect();
    server.delay(0);
    void server.client.connect();
    for (let second = 0; server.client.state !== 'CONNECTED' && second < 60; second++) await server.advance('1s');
    expect(server.client.state).toBe('CONNECTED');
    // A connection that is dead without anybody's knowing takes a sync, its time-out and a new attempt.
    await server.advance('50s');
    if (this.user === GUEST) return this.check();
    if (!this.releases.has(USER)) await this.#converged(JOBS.filter((jobId) => this.releases.has(jobId) && !this.givenUp.has(jobId)));
    else {
      // With no unfinished job a sync comes every 72 s at the latest, and the first may be the one that is refused.
      await server.advance('150s');
      await this.#converged(JOBS);
    }
  }

  async #converged(jobIds: readonly string[]): Promise<void> {
    const { server } = this;
    for (const jobId of jobIds) {
      const stored = server.job(jobId);
      const lately = server.clock.now() - Date.parse(stored?.timestamp ?? '') < RETAINED_MS;
      if (!stored || (isFinal(stored.status) && !lately)) continue;
      const seen = server.client.getJob(jobId) as AnyJobSnapshot | undefined;
      // For a job that has ended nothing is sent, unless its user's jobs are followed too: that it was begun anew can
      // then be learnt from an event only, and that was lost.
      if (!this.releases.has(USER) && seen && isFinal(seen.status) && seen.version[0] < stored.version[0]) continue;
      expect([jobId, seen?.version, seen?.status]).toEqual([jobId, stored.version, stored.status]);
      expect(seen?.progress).toBeGreaterThanOrEqual(stored.progress);
      if (!isFinal(stored.status)) continue;
      const end = { jobId, status: stored.status, attempt: stored.version[0] };
      expect(this.ends).toContainEqual({ audience: 'all', ...end });
      if (server.client.isTracked(jobId)) expect(this.ends).toContainEqual({ audience: 'tracked', ...end });
    }
  }
}

class Step implements fc.AsyncCommand<object, World> {
  constructor(
    readonly name: string,
    readonly act: (world: World) => void | Promise<void>,
  ) {}

  check = () => true;

  async run(_model: object, world: World): Promise<void> {
    await this.act(world);
    await world.server.advance(0);
    world.check();
  }

  toString = () => this.name;
}

const step = (name: string, act: (world: World) => void | Promise<void>) => fc.constant(new Step(name, act));

const jobId = fc.constantFrom(...JOBS);
const ofJob = (name: string, act: (world: World, jobId: string) => void) =>
  jobId.map((id) => new Step(`${name}(${id})`, (world) => act(world, id)));
const nextAttempt = (server: FakeJobServer, id: string) => (server.job(id)?.version[0] ?? 0) + 1;

const steps = [
  ofJob('queue', ({ server }, id) => server.queue({ jobId: id, userId: USER })),
  fc.tuple(jobId, fc.integer({ min: 0, max: 100 })).map(
    ([id, progress]) =>
      new Step(`progress(${id}, ${progress})`, ({ server }) => server.progress({ jobId: id, userId: USER, stage: 'SAVING', progress })),
  ),
  ofJob('complete', ({ server }, id) => server.complete({ jobId: id, userId: USER, result: id })),
  ofJob('fail', ({ server }, id) => server.fail({ jobId: id, userId: USER })),
  ofJob('retry', ({ server }, id) => server.fail({ jobId: id, userId: USER, willRetry: true })),
  ofJob('cancel', ({ server }, id) => server.cancel({ jobId: id, userId: USER })),
  ofJob('again', ({ server }, id) =>
    server.progress({ jobId: id, userId: USER, attempt: nextAttempt(server, id), stage: 'SAVING', progress: 0 }),
  ),
  ofJob('track', ({ server }, id) => server.client.trackJob(id)),
  fc.constantFrom(USER, ...JOBS).map((key) => new Step(`subscribe(${key})`, (world) => world.follow(key === USER ? world.user : key))),
  fc.constantFrom(USER, ...JOBS).map(
    (key) =>
      new Step(`unsubscribe(${key})`, (world) => {
        world.releases.get(key)?.();
        world.releases.delete(key);
      }),
  ),
  ofJob('untrack', ({ server }, id) => server.client.untrackJob(id)),
  step('change user', (world) => world.changeUser()),
  // Before anything is known of a user, as where a page tracks what it has just begun.
  ofJob('reload, track and follow', (world, id) => {
    world.server.reloadTab();
    world.newest.clear();
    world.releases.clear();
    world.listen();
    world.server.client.trackJob(id);
    world.follow(world.user);
  }),
  step('all ways refuse', async ({ server }) => {
    server.disconnect();
    server.refuseNext({ code: 'RATE_LIMITED', message: 'Slower, please.' }, { retryAfter: 5 });
    await server.advance('3s');
  }),
  step('refuse', ({ server }) => server.refuseNext({ code: 'INTERNAL', message: 'The store is away.' })),
  step('client disconnects', ({ server }) => server.client.disconnect()),
  step('client connects', ({ server }) => void server.client.connect()),
  fc.integer({ min: 1, max: 3 }).map((n) => new Step(`drop(${n})`, ({ server }) => server.drop(n))),
  fc.integer({ min: 1, max: 3 }).map((n) => new Step(`duplicate(${n})`, ({ server }) => server.duplicate(n))),
  fc.integer({ min: 2, max: 4 }).map((n) => new Step(`reorder(${n})`, ({ server }) => server.reorder(n))),
  fc.constantFrom<Duration>(0, '200ms', '2s').map((d) => new Step(`delay(${d})`, ({ server }) => server.delay(d))),
  step('disconnect', ({ server }) => server.disconnect()),
  step('disconnect all', ({ server }) => server.disconnect({ http: true })),
  // Together, because each of them alone seldom comes at the moment at which it matters.
  step('slow fallback', async ({ server }) => {
    server.delay('2s');
    server.disconnect();
    await server.advance('3s');
  }),
  step('reconnect', ({ server }) => server.reconnect()),
  step('black hole', ({ server }) => server.blackHole()),
  step('restart', ({ server }) => server.restartServer()),
  step('expire token', ({ server }) => server.expireToken()),
  step('reload', (world) => world.reload()),
  step('duplicate', (world) => world.duplicate()),
  fc.constantFrom<Duration>('5s', '1m', '20m').map((d) => new Step(`sleep(${d})`, ({ server }) => server.sleepTab(d))),
  fc.constantFrom<Duration>('100ms', '1s', '3s', '10s', '1m').map((d) => new Step(`advance(${d})`, ({ server }) => server.advance(d))),
  step('settle', (world) => world.settle()),
];

test(`over ${RUNS} random histories no view goes back, each end is told once, and views converge`, { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: '+1' }), fc.integer({ min: 1, max: 1e6 }), async (commands, seed) => {
      const world = new World(seed);
      try {
        world.follow(USER);
        await world.server.advance(0);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        await world.settle();
        world.check();
      } finally {
        world.server.close();
      }
    }),
    {
      numRuns: RUNS,
      ...(REPEAT !== undefined && { seed: Number(REPEAT), path: process.env['PROMISE_PATH'] ?? '' }),
    },
  );
});
