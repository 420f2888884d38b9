import { RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { isoTime } from '../iso-time.js';
import { SerialQueue } from '../serial-queue.js';
import { foreignJob } from '../server-errors.js';
import type { JobRecord } from '../store/job-record.js';
import type { JobStore, StateWrite, WriteResult } from '../store/job-store.js';
import { writeOne } from '../store/write-one.js';
import { endState, firstVersion, handedOverState, nextVersion, progressState, queuedState, type ReportSubject } from './compose-state.js';
import { attemptOfEnd, attemptOfProgress, attemptOfQueued, isKnownRetry } from './direct-attempt.js';
import type { AboutJob, EndReport, ProgressReport, QueuedReport } from './payload-schemas.js';
import { ReportedState } from './reported-state.js';
import type { DirectDependencies } from './reporter-dependencies.js';
import type { RetryOptions } from './store-client.js';

/** Others may take an epoch between ours and our write; so often it is tried again. */
const MAX_REPEATS = 3;

/** `idle`: the store has to be asked how the job stands, and for an epoch. `reporting`: what was said last under ours. */
type ReportingState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'reporting'; readonly userId: string; readonly reported: ReportedState };

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
  readonly #tasks = new SerialQueue();
  #opening: (Opening & { readonly done: Promise<AnyJobSnapshot> }) | undefined;

  constructor(jobId: string, deps: DirectDependencies) {
    this.#jobId = jobId;
    this.#deps = deps;
  }

  /** The current state: at once, when the store has answered for this job before. */
  progress(report: ProgressReport): AnyJobSnapshot | Promise<AnyJobSnapshot> {
    const state = this.#state;
    if (state.kind === 'reporting' && this.#tasks.isIdle && state.userId === report.userId) {
      const { current } = state.reported;
      const attempt = attemptOfProgress(current, report);
      if (attempt === current.version[0]) return state.reported.report(this.#subject(report), report);
      if (attempt === undefined) return current;
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
    return this.#tasks.run(() => this.#end(report, giveUpAt));
  }

  /**
   * Puts a job that has ended back, as the attempt that is said. Resolves to the current state.
   *
   * @throws JobEventsServerError `STORE_UNAVAILABLE` after `giveUpAt`, `FOREIGN_JOB`
   */
  queue(report: QueuedReport & { readonly attempt: number }, giveUpAt: number): Promise<AnyJobSnapshot> {
    this.#opening = undefined;
    return this.#tasks.run(() => this.#queue(report, giveUpAt));
  }

  /** Whether it knows nothing that would be missed. */
  get isIdle(): boolean {
    return this.#state.kind === 'idle' && this.#tasks.isIdle;
  }

  /** Sends what waits; resolves when the store has answered. */
  async flush(): Promise<void> {
    if (this.#state.kind === 'reporting') this.#state.reported.flush();
    await this.#tasks.settle();
  }

  #open(report: ProgressReport, isRepeat: boolean): Promise<AnyJobSnapshot> {
    if (this.#opening !== undefined && isInPlaceOf(report, this.#opening)) {
      // Who asked for the job to be opened again, and has said more of it since, still asks.
      this.#opening.report = this.#opening.report.rerun ? { ...report, rerun: true } : report;
      return this.#opening.done;
    }
    const opening: Opening = { report, isRepeat };
    const done = this.#tasks.run(() => this.#openUnderEpoch(opening));
    this.#opening = Object.assign(opening, { done });
    return done;
  }

  async #openUnderEpoch(opening: Opening): Promise<AnyJobSnapshot> {
    const isStillWanted = (): boolean => this.#opening === opening;
    try {
      for (let round = opening.isRepeat ? 1 : 0; ; round++) {
        const taken = await this.#takeEpoch({ isStillWanted });
        const { report } = opening;
        const current = this.#own(taken.record, report);
        const attempt = attemptOfProgress(current, report);
        if (attempt === undefined) return this.#stopWith(current!);
        if (round > 0 && current !== undefined && report.progress <= current.progress) return current;

        const snapshot = progressState({ ...this.#subject(report), current }, report, firstVersion(attempt, taken.epoch, current));
        const by = report.rerun ? 'rerun' : 'outside';
        const { outcome, record } = await this.#write(writeOf(report, snapshot, by), { isStillWanted });
        if (outcome === 'stored') return this.#begin(record, opening, report);
        if (outcome === 'held') return this.#yieldToRun(record.snapshot);
        if (round === MAX_REPEATS) return this.#stopWith(record.snapshot);
      }
    } finally {
      if (isStillWanted()) this.#opening = undefined;
    }
  }

  #begin({ snapshot, userId }: JobRecord, opening: Opening, said: ProgressReport): AnyJobSnapshot {
    this.#stopReporting();
    const channel = { jobId: this.#jobId, userId, by: 'outside', queueJob: said.queueJob, onResult: this.#wrote } as const;
    const reported = new ReportedState(this.#deps.path, channel, snapshot);
    this.#state = { kind: 'reporting', userId, reported };
    reported.announce();
    return opening.report === said ? snapshot : reported.report(this.#subject(opening.report), opening.report);
  }

  async #end(report: EndReport, giveUpAt: number): Promise<AnyJobSnapshot> {
    const { ends, path } = this.#deps;
    let current = this.#saidOf(report);
    let version = current && nextVersion(current.version);
    const before = this.#state;
    this.#stopReporting();
    if (version === undefined) {
      const { epoch, record } = await this.#takeEpoch({ giveUpAt }).catch((cause: unknown) => {
        throw ends.giveUp(this.#unknownEnd(report), cause);
      });
      current = this.#own(record, report);
      const attempt = attemptOfEnd(current, report.attempt);
      if (attempt === undefined) return current!;
      version = firstVersion(attempt, epoch, current);
    }
    const end = report.end();
    if (isKnownRetry(current, version[0], end.state)) return current!;
    path.writer.forget(this.#jobId);
    const snapshot = endState({ ...this.#subject(report), current }, end.state, report, version);
    const result = await ends.store(writeOf(report, snapshot, 'outside'), giveUpAt).catch((error: unknown) => {
      // Then what was said before it is the last that the store can know.
      if (before.kind === 'reporting') before.reported.store();
      end.report?.(version[0]);
      throw error;
    });
    if (result.outcome === 'foreign-owner') throw foreignJob(this.#jobId);
    if (result.outcome === 'stored') end.report?.(version[0]);
    return result.record.snapshot;
  }

  /** An end of a job of which the store has told nothing, as it is given up. */
  #unknownEnd(report: EndReport): StateWrite {
    const { attempt = 1 } = report;
    const end = report.end();
    end.report?.(attempt);
    return writeOf(report, endState({ ...this.#subject(report), current: undefined }, end.state, report, [attempt, RANK.going, 0, 1]), 'outside');
  }

  async #queue(report: QueuedReport & { readonly attempt: number }, giveUpAt: number): Promise<AnyJobSnapshot> {
    this.#stopReporting();
    const taken = await this.#takeEpoch({ giveUpAt });
    const current = this.#own(taken.record, report);
    const attempt = attemptOfQueued(current, report);
    if (attempt === undefined) return current!;
    const version = firstVersion(attempt, taken.epoch, current);
    const subject = this.#subject(report);
    const snapshot = current?.version[0] === attempt ? handedOverState({ ...subject, current }, version, report.delayedUntil) : queuedState({ ...subject, current }, report, version);
    const { outcome, record } = await this.#write(writeOf(report, snapshot, report.rerun ? 'rerun' : 'outside'), { giveUpAt });
    if (outcome === 'stored') this.#deps.path.announcer.announce(report.userId, record.snapshot);
    return record.snapshot;
  }

  /** What was said last of the attempt that this is about, if it was under an epoch of ours. */
  #saidOf({ userId, attempt }: EndReport): AnyJobSnapshot | undefined {
    if (this.#state.kind !== 'reporting' || this.#state.userId !== userId) return undefined;
    const { current } = this.#state.reported;
    return attempt === undefined || attempt === current.version[0] ? current : undefined;
  }

  readonly #wrote = (said: AnyJobSnapshot, result: WriteResult): void => {
    if (this.#state.kind !== 'reporting') return;
    const { reported, userId } = this.#state;
    if (reported.current.version[2] !== said.version[2]) return;
    if (result.outcome === 'stored') return reported.followTerm(result.record.snapshot);
    if (result.outcome === 'foreign-owner') {
      this.#stopReporting();
      this.#deps.onError(foreignJob(this.#jobId));
      return;
    }
    const { snapshot: current } = result.record;
    if (result.outcome !== 'outdated') {
      this.#yieldToRun(current);
    } else if (current.version[0] > said.version[0] || current.version[1] > RANK.going) {
      this.#stopReporting();
    } else if (reported.current.progress > current.progress) {
      this.#repeat(userId, reported.current);
    }
  };

  /** Somebody else has spoken since, and we know of more: it is said again under a new epoch. */
  #repeat(userId: string, { type, stage, progress, message, metadata, version, timestamp }: AnyJobSnapshot): void {
    const report: ProgressReport = { jobId: this.#jobId, userId, type, stage, progress, message, metadata, attempt: version[0], timestamp };
    this.#open(report, true).catch(this.#deps.onError);
  }

  /** Progress from outside never disturbs a run. */
  #yieldToRun(current: AnyJobSnapshot): AnyJobSnapshot {
    this.#deps.onHeld(this.#jobId);
    return this.#stopWith(current);
  }

  #stopWith(current: AnyJobSnapshot): AnyJobSnapshot {
    this.#stopReporting();
    return current;
  }

  /** What was said last goes out; the store is asked again for the current state. */
  #stopReporting(): void {
    if (this.#state.kind === 'reporting') this.#state.reported.flush();
    this.#state = { kind: 'idle' };
  }

  #takeEpoch(retry: RetryOptions): ReturnType<JobStore['takeEpoch']> {
    return this.#deps.storeClient.callWithRetry((store) => store.takeEpoch(this.#jobId), retry);
  }

  async #write(write: StateWrite, retry: RetryOptions): Promise<Exclude<WriteResult, { outcome: 'foreign-owner' }>> {
    const result = await this.#deps.storeClient.callWithRetry((store) => writeOne(store, write), retry);
    if (result.outcome === 'foreign-owner') throw foreignJob(this.#jobId);
    return result;
  }

  /** The state of a job that belongs to this user, or to nobody yet. */
  #own(record: JobRecord | undefined, { userId }: AboutJob): AnyJobSnapshot | undefined {
    if (record !== undefined && record.userId !== userId) throw foreignJob(this.#jobId);
    return record?.snapshot;
  }

  #subject({ type, timestamp }: AboutJob & { readonly timestamp?: string | undefined }): ReportSubject {
    const said = timestamp === undefined ? isoTime(this.#deps.path.timing.now()) : new Date(timestamp).toISOString();
    return { jobId: this.#jobId, type, timestamp: said };
  }
}

const writeOf = ({ userId, queueJob }: AboutJob, snapshot: AnyJobSnapshot, by: StateWrite['by']): StateWrite =>
  ({ userId, snapshot, by, ...(queueJob && { queueJob }) });

const isInPlaceOf = ({ attempt, userId }: ProgressReport, { report, isRepeat }: Opening): boolean =>
  userId === report.userId && (attempt === report.attempt || (isRepeat && attempt === undefined));
