import { jobRoom, RANK, userRoom, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { vi } from 'vitest';
import { JobEventEmitterService, type JobRun } from '../../src/emitter/index.js';
import { decideCancel } from '../../src/store/decide-intent.js';
import { judge } from './judge.js';
import { ModelClient } from './model-client.js';
import { ModelQueue } from './model-queue.js';
import { JOB } from './model-job.js';
import { ModelStore, StoreAway } from './model-store.js';
import { allRules } from './rules.js';
import { storeOverModel, type Way } from './store-over-model.js';
import { Witness } from './witness.js';

type End = 'completed' | 'failed' | 'retrying';

const ENDS: readonly End[] = ['completed', 'failed', 'retrying'];
/** What each client has joined. */
const ROOMS = [userRoom(JOB.userId), jobRoom(JOB)];
const ERROR = { code: 'E', message: 'm', retryable: true };

/** A run that a process is doing. */
interface Work {
  readonly handle: JobRun | undefined;
  finish(end: End): void;
}

/** A process with an emitter of its own. When it dies, nothing that it still does is heard. */
interface Process {
  readonly emitter: JobEventEmitterService;
  readonly way: Way;
  work: Work | undefined;
}

/**
 * The same world with real emitters in it: an API, two workers and somebody who reports from outside, each a process
 * with an emitter, over the model's store, queue and clients. Needs fake timers.
 */
export class EmitterWorld {
  readonly witness = new Witness();
  readonly #store = new ModelStore(allRules, this.witness);
  readonly #clients = [new ModelClient(allRules, this.witness), new ModelClient(allRules, this.witness)];
  readonly #queue = new ModelQueue();
  readonly #processes = [this.#start(), this.#start(), this.#start()];
  /** The run that the queue handed out last. */
  #last: { readonly process: Process; readonly isStep: boolean; finishedAttempt?: number } | undefined;

  /** What can happen. Processes 0 and 1 are workers, 2 is the API and whoever reports from outside. */
  readonly steps = {
    announce: () => void this.#outside.emitter.emitQueued(JOB),
    take: (which: number, amount: number) => this.#take(this.#worker(which), amount % 3 === 0),
    report: (which: number, amount: number) => this.#worker(which).work?.handle?.report(amount / 100),
    finish: (which: number, amount: number) => this.#worker(which).work?.finish(ENDS[amount % 3]!),
    crash: (which: number, amount: number) => this.#crash(amount % 3 === 2 ? 2 : which),
    reportOutside: (_: number, amount: number) => void this.#outside.emitter.emitProgress({ ...JOB, stage: 'OUTSIDE', progress: amount }),
    finishOutside: (_: number, amount: number) => this.#finishOutside(ENDS[amount % 3]!),
    retryByHand: () => this.#queue.retryByHand(),
    putBack: () => this.#putBack(),
    cancel: () => this.#cancel(),
    arrive: (which: number, amount: number) => this.#clients[which]!.arrive(amount),
    lose: (which: number, amount: number) => this.#clients[which]!.lose(amount),
    repeat: (which: number, amount: number) => this.#clients[which]!.repeat(amount),
    sync: (which: number) => this.#sync(this.#clients[which]!),
    storeLeaves: () => void (this.#store.isAway = true),
    storeReturns: () => void (this.#store.isAway = false),
    loseAnswer: () => void (this.#store.losesNextAnswer = true),
    block: (_: number, amount: number) => void (this.#processes[amount % 3]!.way.isBlocked = true),
    unblock: (_: number, amount: number) => void (this.#processes[amount % 3]!.way.isBlocked = false),
    passMoment: () => vi.advanceTimersByTimeAsync(60),
    passSeconds: (_: number, amount: number) => vi.advanceTimersByTimeAsync(amount * 100),
  };

  async step(name: keyof EmitterWorld['steps'], which: number, amount: number): Promise<void> {
    await this.steps[name](which, amount);
    await vi.advanceTimersByTimeAsync(1);
  }

  /** Every fault is over, and time passes: whoever lives says what he has to say, and clients ask once more. */
  async settle(): Promise<void> {
    this.#store.isAway = false;
    this.#store.losesNextAnswer = false;
    for (const { way } of this.#processes) way.isBlocked = false;
    await vi.advanceTimersByTimeAsync(60_000);
    for (const client of this.#clients) {
      client.arriveAll();
      this.#sync(client);
      client.arriveAll();
    }
  }

  /** Which promises were broken, now that everything has come to rest. */
  judge(): ReadonlySet<string> {
    const { standing } = this.#store;
    const attempt = this.#last?.process.way.isDead === false ? this.#last.finishedAttempt : undefined;
    const isHeld = standing === undefined || (standing.version[1] === RANK.going && standing.version[0] <= attempt!);
    // What a step leaves goes on, but nobody holds it.
    const isGoing = this.#last?.isStep === true ? isHeld && this.#store.record?.run !== undefined : isHeld;
    if (attempt !== undefined && isGoing) this.witness.accuse('the end of the last run was lost');
    return judge(this.witness, this.#store, this.#clients, allRules, JOB.userId);
  }

  get told(): readonly string[] {
    return this.#clients.flatMap(({ told }) => told);
  }

  #start(): Process {
    const way: Way = { isDead: false, isBlocked: false };
    const broadcaster = {
      to: (rooms: string | string[]) => ({
        emit: (_: string, snapshot: unknown) => {
          if (!way.isDead) this.#clients.forEach((client, index) => rooms.includes(ROOMS[index]!) && client.send(snapshot as AnyJobSnapshot));
        },
      }),
    };
    const emitter = new JobEventEmitterService({ broadcaster, store: storeOverModel(this.#store, this.witness, way), onError: () => undefined });
    return { emitter, way, work: undefined };
  }

  get #outside(): Process {
    return this.#processes[2]!;
  }

  #worker(which: number): Process {
    return this.#processes[which % 2]!;
  }

  #crash(index: number): void {
    this.#processes[index]!.way.isDead = true;
    this.#processes[index] = this.#start();
  }

  #take(process: Process, isStep: boolean): void {
    if (process.work !== undefined) return;
    const delivery = this.#queue.deliver(process);
    if (delivery === undefined) return;
    if (delivery.isRedelivery && this.#store.standing?.status === 'completed') return this.#queue.done(process, { status: 'completed', result: 1 });
    const last: { process: Process; isStep: boolean; finishedAttempt?: number } = { process, isStep };
    this.#last = last;

    let handle: JobRun | undefined;
    let finish: (end: End) => void = () => undefined;
    let wanted: End | undefined;
    const finished = new Promise<End>((resolve) => {
      finish = (end) => {
        wanted ??= end;
        resolve(end);
      };
    });
    process.work = {
      get handle() {
        return handle;
      },
      finish: (end) => finish(end),
    };
    const onThrow = () => ({ end: wanted === 'retrying' ? 'retrying' : 'failed', error: ERROR }) as const;
    const { emitter } = process;
    const begin = isStep ? emitter.runStep.bind(emitter) : emitter.run.bind(emitter);
    begin({ ...JOB, attempt: delivery.number, onThrow }, async (run) => {
        handle = run;
        const end = await finished;
        last.finishedAttempt = run.attempt;
        if (end !== 'completed') throw new Error(end);
        return 1;
      })
      .catch(() => undefined)
      .finally(() => {
        process.work = undefined;
        if (wanted === 'retrying') this.#queue.again(process);
        else if (wanted === 'completed' && isStep) this.#queue.nextStep(process);
        else this.#queue.done(process, wanted === 'completed' ? { status: 'completed', result: 1 } : { status: 'failed', error: ERROR });
      });
  }

  /** A user has a job tried again that has ended. */
  #putBack(): void {
    const attempt = (this.#store.standing?.version[0] ?? 0) + 1;
    void this.#outside.emitter.emitQueued({ ...JOB, attempt, rerun: true }).then(({ status }) => {
      if (status === 'queued') this.#queue.retryByHand();
    });
  }

  #finishOutside(end: End): void {
    const { emitter } = this.#outside;
    if (end === 'completed') void emitter.emitCompleted({ ...JOB, result: 1 });
    else void emitter.emitFailed({ ...JOB, error: ERROR, willRetry: end === 'retrying' });
  }

  #cancel(): void {
    try {
      const now = Date.now();
      const options = { silentAfterMs: 30_000, timestamp: new Date(now).toISOString() };
      const result = this.#store.change((state) => decideCancel(state, options, now), now);
      if (result.outcome === 'requested' || result.outcome === 'cancelled') for (const client of this.#clients) client.send(result.record.snapshot);
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error;
    }
  }

  #sync(client: ModelClient): void {
    const stored = this.#store.read(JOB.userId, Date.now());
    if (stored !== undefined) client.send(stored);
  }
}
