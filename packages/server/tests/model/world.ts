import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { End } from '../../src/emitter/payload-schemas.js';
import type { JobRecord, QueueJob } from '../../src/store/job-record.js';
import { judge } from './judge.js';
import { judgeReporters } from './judge-reporters.js';
import { ModelApi } from './model-api.js';
import { ModelBridge } from './model-bridge.js';
import { ModelBus } from './model-bus.js';
import { ModelClient } from './model-client.js';
import { ModelClock } from './model-clock.js';
import { ModelFollower } from './model-follower.js';
import { ModelNeighbor } from './model-neighbor.js';
import { ModelOutside } from './model-outside.js';
import { ModelQueue } from './model-queue.js';
import { JOB } from './model-job.js';
import type { ModelRun, RunEnding } from './model-run.js';
import { ModelServers } from './model-servers.js';
import { ModelStore, unlessAway } from './model-store.js';
import { ModelSupervisor, SUPERVISION } from './model-supervisor.js';
import { ModelWorker } from './model-worker.js';
import { UnstoredEnds } from './restore-ends.js';
import type { Rules } from './rules.js';
import { letClientsCatchUp, pass } from './settle.js';
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
 * the user's room and one in the job's. Two processes supervise runs, and one bridges the events of the queue. Another application uses the same servers, and another
 * user the same ids. A schedule says what is done next, faults included; what happens by itself, heartbeats and supervision,
 * happens when time passes.
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
  readonly unstoredEnds = new UnstoredEnds(this);
  /** Whether the job is in a queue that its reporters name. */
  #isQueueNamed = false;
  readonly follower = new ModelFollower(this);
  readonly bridge = new ModelBridge(this);
  readonly supervisors = [new ModelSupervisor(this), new ModelSupervisor(this)];
  readonly #api: ModelApi;
  readonly workers: readonly ModelWorker[];
  /** Another application, and another user. */
  readonly neighbors: readonly [ModelNeighbor, ModelNeighbor];
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
    this.neighbors = [
      this.#neighbor({ type: 'of another application', userId: JOB.userId, prefix: rules(13) ? OTHER_SHOP : SHOP, servers }),
      this.#neighbor({ type: 'of another user', userId: OTHER_USER, prefix: SHOP, servers }),
    ];
    this.outsiders = [new ModelOutside(this, 'OUTSIDE 1'), new ModelOutside(this, 'OUTSIDE 2')];
    this.#api = new ModelApi(this);
    this.workers = [new ModelWorker(this), new ModelWorker(this)];
  }

  /** Of the queue that the job is in, if it is in one. Without rule 21 its id alone says which job it is. */
  get queueJob(): { readonly queueJob: QueueJob } | undefined {
    if (!this.#isQueueNamed) return undefined;
    return { queueJob: { queue: 'queue', id: '1', createdAt: this.rules(21) ? this.queue.given : 1 } };
  }

  /** Whether the record names the job that the queue has now, or none. */
  get namesJobOfQueue(): boolean {
    const named = this.store.record?.queueJob;
    return named === undefined || named.createdAt === this.queueJob?.queueJob.createdAt;
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
    return this.workers.some(({ runs }) => runs.length > 0) || this.outsiders.some(({ isReporting }) => isReporting);
  }

  /** Whether this run's process lives, and has been cut off from the store for less than this time, in ms. */
  isLiving(epoch: number, silentForMs = SUPERVISION.stalledAfterMs): boolean {
    return this.workers.some(({ runs }) => runs.some((run) => run.isOf(epoch) && this.passed - run.heardAt < silentForMs));
  }

  broadcast(snapshot: AnyJobSnapshot): void {
    this.publish({ ...JOB, snapshot });
  }

  /** Takes a state to the rooms of its owner. */
  publish({ userId, snapshot }: Pick<JobRecord, 'userId' | 'snapshot'>): void {
    this.witness.said(snapshot);
    this.bus.publish(SHOP, userId, snapshot);
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
    sync: (which: number) => this.sync(this.#client(which)),
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
    otherApplication: (_: number, amount: number) => this.neighbors[0].act(amount),
    otherUser: (_: number, amount: number) => this.neighbors[1].act(amount),
    pass: (_: number, amount: number) => pass(this, amount * 400),
    nameQueue: (which: number) => {
      if (this.witness.greatestTerm > 0) return;
      this.#isQueueNamed = true;
      if (which % 2 === 1) this.bridge.open();
    },
    replaceInQueue: () => this.#replaceInQueue(),
    readRemoved: () => this.follower.read(),
    cancelRemoved: () => this.follower.cancel(),
    doUnreported: () => {
      if (this.#isQueueNamed) this.queue.doUnreported({ status: 'completed', result: 1 });
    },
    removeOrAdd: () => {
      if (!this.#isQueueNamed) return;
      if (this.queue.addAgain()) this.witness.queueJob = this.queue.given;
      else this.queue.removeDone();
    },
    hearQueue: (_: number, amount: number) => [() => this.bridge.look(), () => this.bridge.receive(), () => this.bridge.handle()][amount % 3]!(),
    cutOff: (which: number) => void (this.#worker(which).isCutOff = true),
    joinAgain: (which: number) => void (this.#worker(which).isCutOff = false),
    lookForSilent: (which: number) => this.supervisors[which % 2]!.look(),
    endSilent: (which: number) => this.supervisors[which % 2]!.decide(),
    restoreEnd: () => this.unstoredEnds.restore(),
  };

  step(name: keyof World['steps'], which: number, amount: number): void {
    this.clock.passed++;
    unlessAway(() => this.steps[name](which, amount));
  }

  /** Which promises were broken, now that everything has come to rest. */
  judge(): ReadonlySet<string> {
    judgeReporters(this);
    return judge(this.witness, this.store, this.clients, this.rules, JOB.userId);
  }

  #neighbor({ servers, ...own }: { readonly type: string; readonly userId: string; readonly prefix: string; readonly servers: ModelServers }): ModelNeighbor {
    const client = new ModelClient(this.rules, this.witness, own.type);
    this.bus.joinJob(client, own.prefix, { ...JOB, userId: own.userId });
    return new ModelNeighbor(this, { ...own, store: own.userId === JOB.userId ? new ModelStore(this.rules, new Witness(), servers, own.prefix) : this.store, client });
  }

  sync(client: ModelClient): void {
    const stored = this.store.read(JOB.userId, this.passed);
    if (stored !== undefined) client.send(stored);
  }

  #replaceInQueue(): void {
    const { queueJob } = this;
    const { given } = this.queue;
    if (queueJob === undefined || !this.queue.replace()) return;
    this.follower.hear({ ...queueJob, given });
    this.witness.queueJob = this.queue.given;
  }

  #lose(loss: () => void): void {
    loss();
    this.clock.keepAhead();
  }

  #stepClock(ms: number): void {
    if (this.workers.some(({ runs }) => runs.some(({ state }) => state === 'waiting'))) return;
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
    letClientsCatchUp(this);
    this.store.expire();
  }

  #worker(which: number): ModelWorker {
    return this.workers[which % 2]!;
  }

  #outsider(which: number): ModelOutside {
    return this.outsiders[which % 2]!;
  }

  #client(which: number): ModelClient {
    return this.clients[which % 2]!;
  }
}
