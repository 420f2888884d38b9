import { isFinal, RANK, type AnyJobSnapshot, type JobVersion } from '@notes/job-events-protocol';
import { decideCancel, decideInsert } from '../../src/store/decide-intent.js';
import { decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import { endState, firstVersion, queuedState } from '../../src/emitter/compose-state.js';
import { attemptOfQueued } from '../../src/emitter/direct-attempt.js';
import type { End } from '../../src/emitter/payload-schemas.js';
import { judge } from './judge.js';
import { ModelClient } from './model-client.js';
import { ModelOutside } from './model-outside.js';
import { ModelQueue } from './model-queue.js';
import { JOB, ModelRun, stamp, type RunEnding } from './model-run.js';
import { ModelStore, StoreAway } from './model-store.js';
import type { Rules } from './rules.js';
import { Witness } from './witness.js';

interface ModelWorker {
  run: ModelRun | undefined;
  /** Runs whose function is done and whose end is on its way to the store. */
  ending: ModelRun[];
}

const ERROR = { code: 'E', message: 'm', retryable: true };
const ENDS: readonly RunEnding[] = [
  { status: 'completed', result: 1 },
  { status: 'failed', error: ERROR },
  { status: 'retrying', error: ERROR },
  { status: 'handed-over' },
];
const OUTSIDE_ENDS = ENDS.slice(0, 3) as readonly End[];

const HOUR_MS = 3_600_000;
/** The shortest that a queue may be set to, and longer than processes differ in the store's clock. */
const LOCK_MS = 1_500;

/**
 * One job, an API, a queue, two workers, two who report from outside, a durable store with a cache, and two clients.
 * Another application uses the same servers, and another user the same ids. Nothing happens by itself: a schedule says
 * what is done next, faults included.
 *
 * The store's clock may step. A store that loses states and whose clock is behind what it handed out for them is not in
 * it: then nobody knows any more what is later. Nor is a step while a claim waits, whose age is measured by that clock.
 */
export class World {
  /** Time that has passed, in ms. */
  passed = 1;
  #clock = Date.UTC(2026, 10, 23);
  readonly rules: Rules;
  readonly witness = new Witness();
  readonly store: ModelStore;
  readonly clients: readonly ModelClient[];
  readonly queue = new ModelQueue();
  readonly #workers: readonly ModelWorker[] = [{ run: undefined, ending: [] }, { run: undefined, ending: [] }];
  readonly #outsiders: readonly ModelOutside[];
  #isAnnounced = false;
  #mayHaveForgotten = false;
  #toPutBack: AnyJobSnapshot | undefined;
  /** The run that the queue handed out last, while its worker lives. */
  #lastRun: ModelRun | undefined;

  constructor(rules: Rules) {
    this.rules = rules;
    this.store = new ModelStore(rules, this.witness);
    this.clients = [new ModelClient(rules, this.witness), new ModelClient(rules, this.witness)];
    this.#outsiders = [new ModelOutside(this, 'OUTSIDE 1'), new ModelOutside(this, 'OUTSIDE 2')];
  }

  /** The store's clock. */
  get now(): number {
    return this.#clock + this.passed;
  }

  broadcast(snapshot: AnyJobSnapshot): void {
    this.witness.said(snapshot);
    for (const client of this.clients) client.send(snapshot);
  }

  /** What can happen. `which` chooses a worker, a client, or an end; `amount` a percentage or a message on its way. */
  readonly steps = {
    announce: () => this.#announce(),
    take: (which: number) => this.#take(this.#worker(which)),
    report: (which: number, amount: number) => this.#worker(which).run?.report(amount),
    write: (which: number) => this.#worker(which).run?.writeBehind(),
    heartbeat: (which: number) => this.#worker(which).run?.heartbeat(),
    beginLate: (which: number) => this.#worker(which).run?.begin(),
    finish: (which: number, amount: number) => this.#finish(this.#worker(which), ENDS[amount % ENDS.length]!),
    storeEnds: (which: number) => this.#storeEnds(this.#worker(which)),
    crash: (which: number) => this.#crash(this.#worker(which)),
    reportOutside: (which: number, amount: number) => this.#outsider(which).report(amount),
    writeOutside: (which: number) => this.#outsider(which).writeBehind(),
    flushOutside: (which: number) => this.#outsider(which).flush(),
    finishOutside: (which: number, amount: number) => this.#outsider(which).finish(OUTSIDE_ENDS[amount % OUTSIDE_ENDS.length]!),
    storeEndOutside: (which: number) => this.#outsider(which).storeEnd(),
    crashOutside: (which: number) => this.#outsider(which).crash(),
    retryByHand: () => this.queue.retryByHand(),
    readToPutBack: () => this.#readToPutBack(),
    putBack: () => this.#putBack(),
    cancel: () => this.#cancel(),
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
    otherApplication: () => this.#hearOtherApplication(),
    otherUser: () => this.#useIdAnew(),
    pass: (_: number, amount: number) => void (this.passed += amount * 400),
  };

  step(name: keyof World['steps'], which: number, amount: number): void {
    this.passed++;
    this.#unlessAway(() => this.steps[name](which, amount));
  }

  /** Every fault is over, whoever lives says what he has to say, and clients ask once more. */
  settle(): void {
    this.store.isAway = false;
    this.store.losesNextAnswer = false;
    this.store.isCacheDeaf = false;
    for (let round = 0; round < 2; round++) {
      for (const worker of this.#workers) {
        this.step('beginLate', this.#workers.indexOf(worker), 0);
        this.step('write', this.#workers.indexOf(worker), 0);
        this.#unlessAway(() => [worker.run, ...worker.ending].forEach((run) => run?.flush()));
        this.#unlessAway(() => this.#storeEnds(worker));
      }
      for (const which of this.#outsiders.keys()) {
        this.step('writeOutside', which, 0);
        this.step('flushOutside', which, 0);
        this.step('storeEndOutside', which, 0);
      }
    }
    this.#unlessAway(() => this.#reconcile());
    this.#letClientsCatchUp();
  }

  #announce(): void {
    if (this.#isAnnounced) return;
    const job = { ...JOB, createdAt: stamp(this.now) };
    if (this.rules(3)) {
      const record = this.store.change((state) => decideInsert(state, job, this.now), this.now);
      if (record !== undefined) this.broadcast(record.snapshot);
    } else this.#overwriteAsQueued();
    this.#isAnnounced = true;
  }

  /** Without rule 3 an API says "queued" whenever it comes to it, as the newest that is known. */
  #overwriteAsQueued(): void {
    const { epoch, record } = this.store.change(decideTakeEpoch, this.now);
    const version: JobVersion = firstVersion(record?.snapshot.version[0] ?? 1, epoch, record?.snapshot);
    const snapshot = queuedState({ ...JOB, current: record?.snapshot, timestamp: stamp(this.now) }, {}, version);
    this.store.change((state) => decideWrite(state, { ...JOB, snapshot, by: 'run' }, this.now), this.now);
    this.broadcast(snapshot);
  }

  /** A user has a job tried again that has ended. Between what the API reads and what it writes others may come. */
  #readToPutBack(): void {
    const { epoch, record } = this.store.change(decideTakeEpoch, this.now);
    const standing = record?.userId === JOB.userId ? record.snapshot : undefined;
    const attempt = standing && attemptOfQueued(standing, { attempt: standing.version[0] + 1, rerun: true });
    this.#toPutBack = attempt === undefined ? undefined : queuedState({ ...JOB, current: standing, timestamp: stamp(this.now) }, {}, firstVersion(attempt, epoch, standing));
  }

  #putBack(): void {
    const snapshot = this.#toPutBack;
    if (snapshot === undefined) return;
    const result = this.store.change((state) => decideWrite(state, { ...JOB, snapshot, by: 'rerun' }, this.now), this.now);
    this.#toPutBack = undefined;
    if (result.outcome !== 'stored') return;
    this.broadcast(result.record.snapshot);
    this.queue.retryByHand();
  }

  #take(worker: ModelWorker): void {
    if (worker.run !== undefined) return;
    const delivery = this.queue.deliver(worker);
    if (delivery === undefined) return;
    // The lock of the worker that is taken for dead has run out.
    if (delivery.isRedelivery) this.passed += LOCK_MS;
    // A job that is handed out again though its end is stored is not done again.
    if (delivery.isRedelivery && this.store.standing?.status === 'completed') return this.queue.done(worker);
    const run = new ModelRun(this, delivery.number);
    this.#lastRun = run;
    if (run.state === 'refused') this.queue.done(worker);
    else worker.run = run;
  }

  #finish(worker: ModelWorker, wanted: RunEnding): void {
    const { run } = worker;
    if (run === undefined) return;
    const end: RunEnding = run.isAskedToStop && wanted.status !== 'completed' && wanted.status !== 'handed-over' ? { status: 'cancelled' } : wanted;
    run.finish(end);
    worker.run = undefined;
    worker.ending.push(run);
    if (end.status === 'handed-over') this.queue.nextStep(worker);
    else if (end.status === 'retrying') this.queue.again(worker);
    else this.queue.done(worker);
  }

  #crash(worker: ModelWorker): void {
    if (worker.run === this.#lastRun || worker.ending.includes(this.#lastRun!)) this.#lastRun = undefined;
    worker.run = undefined;
    worker.ending = [];
  }

  #storeEnds(worker: ModelWorker): void {
    for (const run of worker.ending) run.storeEnd();
    worker.ending = worker.ending.filter(({ state }) => state === 'waiting' || state === 'speaking');
  }

  #cancel(): void {
    const options = { silentAfterMs: 30_000, timestamp: stamp(this.now) };
    const result = this.store.change((state) => decideCancel(state, options, this.now), this.now);
    const isNews = result.outcome === 'requested' || result.outcome === 'cancelled';
    if (isNews && result.record.userId === JOB.userId) this.broadcast(result.record.snapshot);
  }

  #sync(client: ModelClient): void {
    const stored = this.store.read(JOB.userId, this.passed);
    if (stored !== undefined) client.send(stored);
  }

  #lose(loss: () => void): void {
    loss();
    this.#keepClockAhead();
  }

  #stepClock(ms: number): void {
    if (this.#workers.some(({ run, ending }) => [run, ...ending].some((one) => one?.state === 'waiting'))) return;
    this.#clock += ms;
    if (this.#mayHaveForgotten) this.#keepClockAhead();
  }

  #keepClockAhead(): void {
    this.#mayHaveForgotten = true;
    this.#clock = Math.max(this.#clock, this.witness.greatestTerm + 1 - this.passed);
  }

  #evict(which: number, amount: number): void {
    if (which % 2 === 0 && amount % 2 === 0) return this.store.evictRecord();
    if (which % 2 === 0) return this.#lose(() => this.store.evictFence());
    if (amount % 2 === 0) this.store.wipeCache();
    else this.store.evictCachedFence();
  }

  /** The same id and user in the other application, which keeps its states under another prefix. */
  #hearOtherApplication(): void {
    const { record } = new ModelStore(this.rules, new Witness()).change((state) => {
      const decision = decideInsert(state, { ...JOB, metadata: { of: 'the other application' }, createdAt: stamp(this.now) }, this.now + HOUR_MS);
      return { ...decision, result: { record: decision.result } };
    }, this.now);
    if (!this.rules(13)) for (const client of this.clients) client.send(record!.snapshot);
  }

  /** The ids began again: another user's job has this one, in a store that does not know it. What he says goes to his own room. */
  #useIdAnew(): void {
    if (this.store.standing !== undefined || this.store.owner !== undefined) return;
    this.store.change((state) => decideInsert(state, { ...JOB, userId: 'another user', metadata: { of: 'another user' }, createdAt: stamp(this.now) }, this.now), this.now);
  }

  /** The queue has done the job, and the store, which lost the end, does not know it. Ends it from the queue's record. */
  #reconcile(): void {
    const { standing, owner, record } = this.store;
    const isOpen = standing !== undefined && owner === JOB.userId && !isFinal(standing.status);
    const isReported = this.#workers.some(({ run, ending }) => run !== undefined || ending.length > 0) || this.#outsiders.some(({ isReporting }) => isReporting);
    if (!this.witness.hasLost || !isOpen || !this.queue.isDone || isReported) return;
    if (!this.rules(10)) return this.witness.accuse('a job that its queue has done never ends');
    this.witness.seen.add('reconciled');
    const { epoch } = this.store.change(decideTakeEpoch, this.now);
    const snapshot = endState({ ...JOB, current: standing, timestamp: stamp(this.now) }, { status: 'completed', result: 1 }, {}, firstVersion(standing.version[0], epoch, standing));
    const result = this.store.change((state) => decideWrite(state, { ...JOB, snapshot, by: 'outside' }, this.now), this.now);
    if (result.outcome !== 'stored') throw new Error(`${result.outcome}: ${JSON.stringify(record)}`);
    this.broadcast(result.record.snapshot);
  }

  /** Retention is over. It is long enough for clients to have heard of the end. */
  #expire(): void {
    if (this.store.isAway) return;
    this.#letClientsCatchUp();
    this.store.expire();
  }

  #letClientsCatchUp(): void {
    for (const client of this.clients) client.arriveAll();
    this.passed += 15_000;
    for (const client of this.clients) {
      this.#sync(client);
      client.arriveAll();
    }
  }

  #worker(which: number): ModelWorker {
    return this.#workers[which % 2]!;
  }

  #outsider(which: number): ModelOutside {
    return this.#outsiders[which % 2]!;
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

  /** Which promises were broken, now that everything has come to rest. */
  judge(): ReadonlySet<string> {
    if (!this.witness.hasLost && this.#lastRun?.end !== undefined && !this.#isEnded(this.#lastRun, this.store.standing)) this.witness.accuse('the end of the last run was lost');
    if (this.#outsiders.some(({ said }) => this.#isLost(said))) this.witness.accuse('progress that its reporter believes stored was lost');
    return judge(this.witness, this.store, this.clients, this.rules, JOB.userId);
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
}
