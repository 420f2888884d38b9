import { RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { End } from '../../src/emitter/payload-schemas.js';
import { judge } from './judge.js';
import { ModelApi } from './model-api.js';
import { ModelBus } from './model-bus.js';
import { ModelClient } from './model-client.js';
import { ModelClock } from './model-clock.js';
import { ModelNeighbor } from './model-neighbor.js';
import { ModelOutside } from './model-outside.js';
import { ModelQueue } from './model-queue.js';
import { JOB } from './model-job.js';
import type { ModelRun, RunEnding } from './model-run.js';
import { ModelServers } from './model-servers.js';
import { ModelStore, StoreAway } from './model-store.js';
import { ModelWorker } from './model-worker.js';
import { reconcile } from './reconcile.js';
import type { Rules } from './rules.js';
import { Witness } from './witness.js';

const ERROR = { code: 'E', message: 'm', retryable: true };
const ENDS: readonly RunEnding[] = [
  { status: 'completed', result: 1 },
  { status: 'failed', error: ERROR },
  { status: 'retrying', error: ERROR },
  { status: 'handed-over' },
];
const OUTSIDE_ENDS = ENDS.slice(0, 3) as readonly End[];

/** The prefix of each application. */
const SHOP = 'shop';
const OTHER_SHOP = 'shop:2';
const OTHER_USER = 'another user';

const HOUR_MS = 3_600_000;

/**
 * One job, an API, a queue, two workers, two who report from outside, a durable store with a cache, and two clients, one in
 * the user's room and one in the job's. Another application uses the same servers, and another user the same ids. Nothing
 * happens by itself: a schedule says what is done next, faults included.
 *
 * The store's clock may step. A store that loses states and whose clock is behind what it handed out for them is not in
 * it: then nobody knows any more what is later. Nor is a step while a claim waits, whose age is measured by that clock.
 */
export class World {
  readonly rules: Rules;
  readonly witness = new Witness();
  readonly clock = new ModelClock(this.witness);
  readonly store: ModelStore;
  readonly bus: ModelBus;
  readonly clients: readonly ModelClient[];
  readonly queue = new ModelQueue();
  readonly outsiders: readonly ModelOutside[];
  readonly #api: ModelApi;
  readonly #workers: readonly ModelWorker[];
  readonly #otherApplication: ModelNeighbor;
  readonly #otherUser: ModelNeighbor;
  /** The run that the queue handed out last, while its worker lives. */
  lastRun: ModelRun | undefined;

  constructor(rules: Rules) {
    this.rules = rules;
    const servers = new ModelServers();
    this.store = new ModelStore(rules, this.witness, servers, SHOP);
    this.bus = new ModelBus(rules);
    this.clients = [new ModelClient(rules, this.witness), new ModelClient(rules, this.witness)];
    this.bus.joinUser(this.clients[0]!, SHOP, JOB.userId);
    this.bus.joinJob(this.clients[1]!, SHOP, JOB);
    this.#otherApplication = this.#neighbor({ type: 'of another application', userId: JOB.userId, prefix: rules(13) ? OTHER_SHOP : SHOP, servers });
    this.#otherUser = this.#neighbor({ type: 'of another user', userId: OTHER_USER, prefix: SHOP, servers });
    this.outsiders = [new ModelOutside(this, 'OUTSIDE 1'), new ModelOutside(this, 'OUTSIDE 2')];
    this.#api = new ModelApi(this);
    this.#workers = [new ModelWorker(this), new ModelWorker(this)];
  }

  get passed(): number {
    return this.clock.passed;
  }

  /** The store's clock. */
  get now(): number {
    return this.clock.now;
  }

  /** Whether a process knows anything that it has not said, or says more. */
  get isReported(): boolean {
    return this.#workers.some(({ runs }) => runs.length > 0) || this.outsiders.some(({ isReporting }) => isReporting);
  }

  broadcast(snapshot: AnyJobSnapshot): void {
    this.witness.said(snapshot);
    this.bus.publish(SHOP, JOB.userId, snapshot);
  }

  /** What can happen. `which` chooses a worker, a client, or an end; `amount` a percentage or a message on its way. */
  readonly steps = {
    announce: () => this.#api.announce(),
    take: (which: number) => this.#worker(which).take(),
    report: (which: number, amount: number) => this.#worker(which).run?.report(amount),
    write: (which: number) => this.#worker(which).run?.writeBehind(),
    heartbeat: (which: number) => this.#worker(which).run?.heartbeat(),
    beginLate: (which: number) => this.#worker(which).run?.begin(),
    finish: (which: number, amount: number) => this.#worker(which).finish(ENDS[amount % ENDS.length]!),
    storeEnds: (which: number) => this.#worker(which).storeEnds(),
    crash: (which: number) => this.#worker(which).crash(),
    reportOutside: (which: number, amount: number) => this.#outsider(which).report(amount),
    writeOutside: (which: number) => this.#outsider(which).writeBehind(),
    flushOutside: (which: number) => this.#outsider(which).flush(),
    finishOutside: (which: number, amount: number) => this.#outsider(which).finish(OUTSIDE_ENDS[amount % OUTSIDE_ENDS.length]!),
    storeEndOutside: (which: number) => this.#outsider(which).storeEnd(),
    crashOutside: (which: number) => this.#outsider(which).crash(),
    retryByHand: () => this.queue.retryByHand(),
    readToPutBack: () => this.#api.readToPutBack(),
    putBack: () => this.#api.putBack(),
    cancel: () => this.#api.cancel(),
    arrive: (which: number, amount: number) => this.#client(which).arrive(amount),
    lose: (which: number, amount: number) => this.#client(which).lose(amount),
    repeat: (which: number, amount: number) => this.#client(which).repeat(amount),
    sync: (which: number) => this.#sync(this.#client(which)),
    storeLeaves: () => void (this.store.isAway = true),
    storeReturns: () => void (this.store.isAway = false),
    loseAnswer: () => void (this.store.losesNextAnswer = true),
    cacheMisses: () => void (this.store.isCacheDeaf = true),
    cacheHears: () => void (this.store.isCacheDeaf = false),
    expire: () => this.#expire(),
    backUp: () => this.store.backUp(),
    goBack: () => this.#lose(() => this.store.goBack()),
    wipe: (which: number) => {
      this.#lose(() => this.store.wipe());
      if (which % 2 === 0) this.store.wipeCache();
    },
    evict: (which: number, amount: number) => this.#evict(which, amount),
    stepClock: (which: number) => this.#stepClock(which % 2 === 0 ? HOUR_MS : -HOUR_MS),
    otherApplication: (_: number, amount: number) => this.#otherApplication.act(amount),
    otherUser: (_: number, amount: number) => this.#otherUser.act(amount),
    pass: (_: number, amount: number) => void (this.clock.passed += amount * 400),
  };

  step(name: keyof World['steps'], which: number, amount: number): void {
    this.clock.passed++;
    this.#unlessAway(() => this.steps[name](which, amount));
  }

  /** Every fault is over, whoever lives says what he has to say, and clients ask once more. */
  settle(): void {
    this.store.isAway = false;
    this.store.losesNextAnswer = false;
    this.store.isCacheDeaf = false;
    for (let round = 0; round < 2; round++) {
      for (const [which, worker] of this.#workers.entries()) {
        this.step('beginLate', which, 0);
        this.step('write', which, 0);
        this.#unlessAway(() => worker.runs.forEach((run) => run.flush()));
        this.#unlessAway(() => worker.storeEnds());
      }
      for (const which of this.outsiders.keys()) {
        this.step('writeOutside', which, 0);
        this.step('flushOutside', which, 0);
        this.step('storeEndOutside', which, 0);
      }
    }
    this.#unlessAway(() => reconcile(this));
    for (const neighbor of [this.#otherApplication, this.#otherUser]) this.#unlessAway(() => neighbor.settle());
    this.#letClientsCatchUp();
  }

  /** Which promises were broken, now that everything has come to rest. */
  judge(): ReadonlySet<string> {
    this.#judgeReporters();
    return judge(this.witness, this.store, this.clients, this.rules, JOB.userId);
  }

  #judgeReporters(): void {
    if (!this.witness.hasLost && this.lastRun?.end !== undefined && !this.#isEnded(this.lastRun, this.store.standing)) this.witness.accuse('the end of the last run was lost');
    if (this.outsiders.some(({ said }) => this.#isLost(said))) this.witness.accuse('progress that its reporter believes stored was lost');
  }

  /** A run takes over what was said from outside. */
  #isLost(said: AnyJobSnapshot | undefined): boolean {
    const { standing, owner, isEvicted } = this.store;
    if (said === undefined || standing === undefined || this.witness.hasLost || this.witness.runs.size > 0 || isEvicted || owner !== JOB.userId) return false;
    const [attempt, rank] = standing.version;
    return attempt === said.version[0] && rank === RANK.going && standing.progress < said.progress;
  }

  /** By this run or by others. */
  #isEnded({ state, attempt, end }: ModelRun, standing: AnyJobSnapshot | undefined): boolean {
    if (state === 'refused') return true;
    if (standing === undefined) return false;
    if (end?.status === 'handed-over' && this.store.record?.run === undefined) return true;
    return standing.version[1] > RANK.going || (attempt !== undefined && standing.version[0] > attempt);
  }

  #neighbor({ servers, ...own }: { readonly type: string; readonly userId: string; readonly prefix: string; readonly servers: ModelServers }): ModelNeighbor {
    const client = new ModelClient(this.rules, this.witness, own.type);
    this.bus.joinJob(client, own.prefix, { ...JOB, userId: own.userId });
    return new ModelNeighbor(this, { ...own, store: own.userId === JOB.userId ? new ModelStore(this.rules, new Witness(), servers, own.prefix) : this.store, client });
  }

  #sync(client: ModelClient): void {
    const stored = this.store.read(JOB.userId, this.passed);
    if (stored !== undefined) client.send(stored);
  }

  #lose(loss: () => void): void {
    loss();
    this.clock.keepAhead();
  }

  #stepClock(ms: number): void {
    if (this.#workers.some(({ runs }) => runs.some(({ state }) => state === 'waiting'))) return;
    this.clock.step(ms);
  }

  #evict(which: number, amount: number): void {
    if (which % 2 === 0 && amount % 2 === 0) return this.store.evictRecord();
    if (which % 2 === 0) return this.#lose(() => this.store.evictFence());
    if (amount % 2 === 0) this.store.evictCachedRecord();
    else this.store.evictCachedFence();
  }

  /** Retention is over. It is long enough for clients to have heard of the end. */
  #expire(): void {
    if (this.store.isAway) return;
    this.#letClientsCatchUp();
    this.store.expire();
  }

  #letClientsCatchUp(): void {
    for (const client of this.clients) client.arriveAll();
    this.clock.passed += 15_000;
    for (const client of this.clients) {
      this.#sync(client);
      client.arriveAll();
    }
  }

  #worker(which: number): ModelWorker {
    return this.#workers[which % 2]!;
  }

  #outsider(which: number): ModelOutside {
    return this.outsiders[which % 2]!;
  }

  #client(which: number): ModelClient {
    return this.clients[which % 2]!;
  }

  #unlessAway(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error;
    }
  }
}
