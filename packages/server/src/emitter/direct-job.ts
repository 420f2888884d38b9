import { RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { isoTime } from '../iso-time.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { JobRecord, StateWrite, WriteResult } from '../store/job-store.js';
import { writeOne } from '../store/write-one.js';
import { endState, firstVersion, handedOverState, inTermOf, nextVersion, progressState, queuedState, type ReportContext } from './compose-state.js';
import type { EndWriter } from './end-writer.js';
import { attemptOfEnd, attemptOfProgress, attemptOfQueued } from './direct-attempt.js';
import type { AboutJob, EndReport, ProgressReport, QueuedReport } from './payload-schemas.js';
import { ProgressChannel, type ProgressPath } from './progress-channel.js';
import type { StoreClient } from './store-client.js';

/** What reporters from outside share with the emitter they belong to. */
export interface DirectDependencies {
  readonly storeClient: StoreClient;
  readonly path: ProgressPath;
  readonly ends: EndWriter;
  readonly onError: OnError;
}

/** Others may take an epoch between ours and our write; so often it is tried again. */
const MAX_REPEATS = 3;

/** `idle`: the store has to be asked how the job stands, and for an epoch. `reporting`: what was said last under ours. */
type ReportingState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'reporting'; readonly userId: string; snapshot: AnyJobSnapshot; readonly channel: ProgressChannel };

/** Progress on its way to a first answer of the store. What is said in the meantime takes its place. */
interface Opening {
  report: ProgressReport;
  /** It was outdated under our former epoch. */
  readonly isRepeat: boolean;
}

/** Reports on one job from outside a run (specification, section 1, rule 2). */
export class DirectJob {
  readonly #jobId: string;
  readonly #deps: DirectDependencies;
  #state: ReportingState = { kind: 'idle' };
  /** What has to wait for the store is done one after the other, in the order in which it was said. */
  #tail: Promise<unknown> = Promise.resolve();
  #queued = 0;
  #opening: (Opening & { readonly done: Promise<AnyJobSnapshot> }) | undefined;

  constructor(jobId: string, deps: DirectDependencies) {
    this.#jobId = jobId;
    this.#deps = deps;
  }

  /** The current state: at once, when the store has answered for this job before. */
  progress(report: ProgressReport): AnyJobSnapshot | Promise<AnyJobSnapshot> {
    const state = this.#state;
    if (state.kind === 'reporting' && this.#queued === 0 && state.userId === report.userId) {
      const attempt = attemptOfProgress(state.snapshot, report);
      if (attempt === state.snapshot.version[0]) return this.#report(state, report);
      if (attempt === undefined) return state.snapshot;
    }
    return this.#open(report, false);
  }

  /**
   * Resolves to the current state, which may be another end.
   *
   * @throws JobEventsServerError `STORE_UNAVAILABLE` after `giveUpAt`, `FOREIGN_JOB`
   */
  end(report: EndReport, giveUpAt: number): Promise<AnyJobSnapshot> {
    this.#opening = undefined;
    return this.#enqueue(() => this.#end(report, giveUpAt));
  }

  /**
   * Puts a job that has ended back, as the attempt that is said. Resolves to the current state.
   *
   * @throws JobEventsServerError `STORE_UNAVAILABLE` after `giveUpAt`, `FOREIGN_JOB`
   */
  queue(report: QueuedReport & { readonly attempt: number }, giveUpAt: number): Promise<AnyJobSnapshot> {
    this.#opening = undefined;
    return this.#enqueue(() => this.#queue(report, giveUpAt));
  }

  /** Whether it knows nothing that would be missed. */
  get isIdle(): boolean {
    return this.#state.kind === 'idle' && this.#queued === 0;
  }

  /** Sends what waits; resolves when the store has answered. */
  async flush(): Promise<void> {
    if (this.#state.kind === 'reporting') this.#state.channel.flush();
    await this.#tail;
  }

  #report(state: Extract<ReportingState, { kind: 'reporting' }>, report: ProgressReport): AnyJobSnapshot {
    state.snapshot = progressState(this.#context(report, state.snapshot), report, nextVersion(state.snapshot.version));
    state.channel.say(state.snapshot);
    return state.snapshot;
  }

  #open(report: ProgressReport, isRepeat: boolean): Promise<AnyJobSnapshot> {
    if (this.#opening !== undefined && isInPlaceOf(report, this.#opening)) {
      // Who asked for the job to be opened again, and has said more of it since, still asks.
      this.#opening.report = this.#opening.report.rerun ? { ...report, rerun: true } : report;
      return this.#opening.done;
    }
    const opening: Opening = { report, isRepeat };
    const done = this.#enqueue(() => this.#openUnderEpoch(opening));
    this.#opening = Object.assign(opening, { done });
    return done;
  }

  async #openUnderEpoch(opening: Opening): Promise<AnyJobSnapshot> {
    const isStillWanted = (): boolean => this.#opening === opening;
    const { storeClient } = this.#deps;
    try {
      for (let round = opening.isRepeat ? 1 : 0; ; round++) {
        const { epoch, record } = await storeClient.callWithRetry((store) => store.takeEpoch(this.#jobId), { isStillWanted });
        const { report } = opening;
        const current = this.#ownRecord(record, report)?.snapshot;
        const attempt = attemptOfProgress(current, report);
        if (attempt === undefined) return this.#stopWith(current!);
        if (round > 0 && current !== undefined && report.progress <= current.progress) return current;

        const snapshot = progressState(this.#context(report, current), report, firstVersion(attempt, epoch, current));
        const by = report.rerun ? 'rerun' : 'outside';
        const result = await storeClient.callWithRetry((store) => writeOne(store, writeOf(report, snapshot, by)), { isStillWanted });
        if (result!.outcome === 'stored') return this.#begin(result!.record, opening, report);
        if (result!.outcome === 'held') return this.#yieldToRun(result!.record.snapshot);
        if (result!.outcome === 'foreign-owner') throw this.#foreign();
        if (round === MAX_REPEATS) return this.#stopWith(result!.record.snapshot);
      }
    } finally {
      if (isStillWanted()) this.#opening = undefined;
    }
  }

  #begin({ snapshot, userId }: JobRecord, opening: Opening, said: ProgressReport): AnyJobSnapshot {
    this.#stopReporting();
    const channel = new ProgressChannel(this.#deps.path, { jobId: this.#jobId, userId, by: 'outside', queueJob: said.queueJob, onResult: this.#wrote });
    this.#state = { kind: 'reporting', userId, snapshot, channel };
    channel.announce(snapshot);
    return opening.report === said ? snapshot : this.#report(this.#state, opening.report);
  }

  async #end(report: EndReport, giveUpAt: number): Promise<AnyJobSnapshot> {
    const { storeClient, ends, path } = this.#deps;
    const { end } = report;
    let current = this.#saidOf(report);
    let version = current && nextVersion(current.version);
    const before = this.#state;
    this.#stopReporting();
    if (version === undefined) {
      const { epoch, record } = await storeClient.callWithRetry((store) => store.takeEpoch(this.#jobId), { giveUpAt }).catch((cause: unknown) => {
        const unknown = endState(this.#context(report, undefined), end, report, [report.attempt ?? 1, RANK.going, 0, 1]);
        throw ends.giveUp(writeOf(report, unknown, 'outside'), cause);
      });
      current = this.#ownRecord(record, report)?.snapshot;
      const attempt = attemptOfEnd(current, report.attempt);
      if (attempt === undefined) return current!;
      version = firstVersion(attempt, epoch, current);
    }
    path.writer.forget(this.#jobId);
    const snapshot = endState(this.#context(report, current), end, report, version);
    const result = await ends.store(writeOf(report, snapshot, 'outside'), giveUpAt).catch((error: unknown) => {
      // Then what was said before it is the last that the store can know.
      if (before.kind === 'reporting') before.channel.store(before.snapshot);
      throw error;
    });
    if (result.outcome === 'foreign-owner') throw this.#foreign();
    return result.record.snapshot;
  }

  async #queue(report: QueuedReport & { readonly attempt: number }, giveUpAt: number): Promise<AnyJobSnapshot> {
    const { storeClient, path } = this.#deps;
    this.#stopReporting();
    const { epoch, record } = await storeClient.callWithRetry((store) => store.takeEpoch(this.#jobId), { giveUpAt });
    const current = this.#ownRecord(record, report)?.snapshot;
    const attempt = attemptOfQueued(current, report);
    if (attempt === undefined) return current!;
    const version = firstVersion(attempt, epoch, current);
    const context = this.#context(report, current);
    const snapshot = current?.version[0] === attempt ? handedOverState({ ...context, current }, version, report.delayedUntil) : queuedState(context, report, version);
    const write = writeOf(report, snapshot, report.rerun ? 'rerun' : 'outside');
    const result = await storeClient.callWithRetry((store) => writeOne(store, write), { giveUpAt });
    if (result!.outcome === 'foreign-owner') throw this.#foreign();
    if (result!.outcome === 'stored') path.announcer.announce(report.userId, result!.record.snapshot);
    return result!.record.snapshot;
  }

  /** What was said last of the attempt that this is about, if it was under an epoch of ours. */
  #saidOf({ userId, attempt }: EndReport): AnyJobSnapshot | undefined {
    if (this.#state.kind !== 'reporting' || this.#state.userId !== userId) return undefined;
    return attempt === undefined || attempt === this.#state.snapshot.version[0] ? this.#state.snapshot : undefined;
  }

  readonly #wrote = (said: AnyJobSnapshot, result: WriteResult): void => {
    if (this.#state.kind !== 'reporting' || this.#state.snapshot.version[2] !== said.version[2]) return;
    if (result.outcome === 'stored') return this.#followTerm(this.#state, result.record.snapshot);
    if (result.outcome === 'foreign-owner') {
      this.#stopReporting();
      this.#deps.onError(this.#foreign());
      return;
    }
    const { snapshot: current } = result.record;
    if (result.outcome !== 'outdated') {
      this.#yieldToRun(current);
    } else if (current.version[0] > said.version[0] || current.version[1] > RANK.going) {
      this.#stopReporting();
    } else if (this.#state.snapshot.progress > current.progress) {
      this.#repeat(this.#state);
    }
  };

  /** A store that forgot the job has had a later term of it meanwhile: what was said last is seen only in that. */
  #followTerm(state: Extract<ReportingState, { kind: 'reporting' }>, stored: AnyJobSnapshot): void {
    const snapshot = inTermOf(state.snapshot, stored);
    if (snapshot === state.snapshot) return;
    state.snapshot = snapshot;
    state.channel.announce(snapshot);
  }

  /** Somebody else has spoken since, and we know of more: it is said again under a new epoch. */
  #repeat({ userId, snapshot }: Extract<ReportingState, { kind: 'reporting' }>): void {
    const { type, stage, progress, message, metadata, version, timestamp } = snapshot;
    const report: ProgressReport = { jobId: this.#jobId, userId, type, stage, progress, message, metadata, attempt: version[0], timestamp };
    this.#open(report, true).catch(this.#deps.onError);
  }

  /** Progress from outside never disturbs a run. */
  #yieldToRun(current: AnyJobSnapshot): AnyJobSnapshot {
    const message = `Progress of job ${this.#jobId} from outside its run was dropped: report with the handle that run gives to its function.`;
    this.#deps.onError(new JobEventsServerError('HELD_BY_RUN', message, { jobId: this.#jobId }));
    return this.#stopWith(current);
  }

  #stopWith(current: AnyJobSnapshot): AnyJobSnapshot {
    this.#stopReporting();
    return current;
  }

  /** What was said last goes out; the store is asked again for the current state. */
  #stopReporting(): void {
    if (this.#state.kind === 'reporting') this.#state.channel.flush();
    this.#state = { kind: 'idle' };
  }

  #ownRecord(record: JobRecord | undefined, { userId }: AboutJob): JobRecord | undefined {
    if (record !== undefined && record.userId !== userId) throw this.#foreign();
    return record;
  }

  #foreign(): JobEventsServerError {
    return new JobEventsServerError('FOREIGN_JOB', `Job ${this.#jobId} belongs to another user.`, { jobId: this.#jobId });
  }

  #context({ type, timestamp }: AboutJob & { readonly timestamp?: string | undefined }, current: AnyJobSnapshot | undefined): ReportContext {
    const said = timestamp === undefined ? isoTime(this.#deps.path.timing.now()) : new Date(timestamp).toISOString();
    return { jobId: this.#jobId, type, current, timestamp: said };
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    this.#queued++;
    const done = this.#tail.then(task).finally(() => this.#queued--);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}

const writeOf = ({ userId, queueJob }: AboutJob, snapshot: AnyJobSnapshot, by: StateWrite['by']): StateWrite =>
  ({ userId, snapshot, by, ...(queueJob && { queueJob }) });

const isInPlaceOf = ({ attempt, userId }: ProgressReport, { report, isRepeat }: Opening): boolean =>
  userId === report.userId && (attempt === report.attempt || (isRepeat && attempt === undefined));
