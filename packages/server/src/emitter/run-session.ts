import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { isoTime } from '../iso-time.js';
import type { OnError } from '../logger.js';
import { JobCancelledError, JobEventsServerError, StaleRunError } from '../server-errors.js';
import type { HeartbeatResult, JobRecord, JobStore, RunStart, WriteResult } from '../store/job-store.js';
import { within } from '../timing.js';
import { inTermOf, nextVersion, progressState, type ReportContext, type Progress } from './compose-state.js';
import type { EndWriter } from './end-writer.js';
import type { ErrorDescriber } from './error-describer.js';
import type { Heartbeats, LivingRun } from './heartbeats.js';
import type { JobRun } from './job-run.js';
import { ProgressChannel, type ProgressPath } from './progress-channel.js';
import { endBeforeBeginning, endOf, guessedEnd, RunOutcomes, type RunOutcome, type RunOutcomeOptions } from './run-outcome.js';
import { isOutdated, phaseAfterLosing, type ReportingRun, type RunPhase } from './run-phase.js';
import { claimOf, foreignRun, refusalOf, type Refusal } from './run-claim.js';
import { createRunHandle } from './run-handle.js';
import { RunReport } from './run-report.js';
import { EndNotStoredError, type UnstoredEnd } from './end-not-stored-error.js';
import type { UnfinishedRun } from './runs-in-progress.js';
import type { StoreClient } from './store-client.js';

/** How long a run waits for the store: before the work begins, and until its end is stored. Then the work counts more. */
export const STORE_PATIENCE_MS = 1_000;

/** What runs share with the emitter they belong to. */
export interface RunDependencies {
  readonly storeClient: StoreClient;
  readonly path: ProgressPath;
  readonly ends: EndWriter;
  readonly heartbeats: Heartbeats;
  /** Takes up the ends that are on their way, for whoever wants to wait for them. */
  readonly ending: Set<Promise<void>>;
  /** A name for a claim that nobody else uses. */
  readonly newClaimId: () => string;
  readonly describer: ErrorDescriber;
  readonly onError: OnError;
}

/** One run of one job, from its claim until its end is stored (specification, section 1, rules 1, 5 and 6). */
export class RunSession {
  readonly #deps: RunDependencies;
  readonly #options: RunOutcomeOptions;
  readonly #report: RunReport;
  readonly #channel: ProgressChannel;
  readonly #abort = new AbortController();
  readonly #handle: JobRun<unknown>;
  readonly #outcomes: RunOutcomes;
  #phase: RunPhase = { kind: 'waiting' };
  #attempt: number;
  /** What of the report has been passed on; at first, what the claim says. */
  #said: Progress;
  #isWorking = false;
  #hasEnded = false;

  constructor(deps: RunDependencies, options: RunOutcomeOptions) {
    this.#deps = deps;
    this.#options = options;
    const { jobId, userId, message, queueJob, attempt = 1 } = options.job;
    this.#attempt = attempt;
    this.#report = new RunReport({ jobId, contract: options.contract, message, onError: deps.onError });
    this.#outcomes = new RunOutcomes(options, { report: this.#report, describer: deps.describer, onError: deps.onError });
    this.#said = this.#report.current;
    this.#channel = new ProgressChannel(deps.path, { jobId, userId, by: 'run', queueJob, onResult: this.#wrote });
    this.#handle = createRunHandle({
      jobId,
      signal: this.#abort.signal,
      attempt: () => this.#attempt,
      report: this.#report,
      say: () => this.#say(),
    });
  }

  /** Claims the job, does the work and says how it ended. */
  async run<Result>(work: (job: JobRun<unknown>) => Promise<Result>): Promise<Result> {
    const beginning = this.#begin();
    await within(beginning, STORE_PATIENCE_MS, this.#deps.path.timing, () => this.#goOnInSilence()).catch((error: unknown) => {
      // Refused. Otherwise the emitter was closed, which is no reason to leave the work undone.
      if (this.#phase.kind === 'ended' || this.#phase.kind === 'overtaken') throw error;
    });
    this.#isWorking = true;
    let result: Result;
    try {
      result = await work(this.#handle);
    } catch (error) {
      const end = await this.#outcomeOfThrow(error);
      if (end === undefined) this.#leave();
      else await this.#finish(end, beginning);
      throw error;
    }
    if (this.#phase.kind === 'overtaken') throw new StaleRunError(this.#jobId);
    await this.#finish(this.#outcomes.ofResult(result), beginning);
    if (this.#isOvertaken()) throw new StaleRunError(this.#jobId);
    return result;
  }

  /** Sends what waits. */
  flush(): void {
    this.#channel.flush();
  }

  /**
   * Lets the work go on, and reports neither progress nor an end of it any more. `undefined`: the work has ended, and
   * its end is on its way to the store.
   */
  stopReporting(): UnfinishedRun | undefined {
    if (this.#hasEnded) return undefined;
    this.#leave();
    this.#phase = { kind: 'unreported' };
    return { jobId: this.#jobId, userId: this.#options.job.userId, attempt: this.#attempt };
  }

  get #jobId(): string {
    return this.#options.job.jobId;
  }

  #isOvertaken(): boolean {
    return this.#phase.kind === 'overtaken';
  }

  async #begin(): Promise<void> {
    const { path, storeClient, newClaimId } = this.#deps;
    const askedAt = path.timing.monotonic();
    const claim = claimOf(this.#options.job, this.#options.contract.type, this.#timestamp(), newClaimId());
    const ask = (store: JobStore): Promise<RunStart> => store.begin({ ...claim, askedMsAgo: path.timing.monotonic() - askedAt });
    const start = await storeClient.callWithRetry(ask, { isStillWanted: () => this.#phase.kind === 'waiting' });
    if (start.outcome === 'begun') this.#begun(start.record);
    else if (start.outcome === 'foreign-owner') this.#dropForeignReports();
    else this.#refused(start);
  }

  #begun({ snapshot }: JobRecord): void {
    if (this.#phase.kind !== 'waiting') return;
    const [attempt, , epoch] = snapshot.version;
    this.#attempt = attempt;
    const life: LivingRun = { jobId: this.#jobId, epoch, onHeartbeat: (result) => this.#heard(result) };
    this.#deps.heartbeats.add(life);
    this.#phase = { kind: 'reporting', snapshot, life };
    // Not through the channel: the run's own first report goes out at once, also if it is of the stage it begins with.
    this.#deps.path.announcer.announce(this.#options.job.userId, snapshot);
    if (snapshot.cancelRequested) this.#abort.abort(new JobCancelledError(this.#jobId));
    this.#say();
  }

  #refused(refusal: Refusal): void {
    const reason = refusalOf(refusal, this.#jobId);
    this.#phase = { kind: refusal.outcome === 'overtaken' ? 'overtaken' : 'ended' };
    if (!this.#isWorking) throw reason;
    this.#deps.onError(reason);
    this.#abort.abort(reason);
  }

  /** The job belongs to another user, which is a mistake in reporting: the work itself goes on. */
  #dropForeignReports(): void {
    if (this.#phase.kind !== 'waiting' && this.#phase.kind !== 'reporting') return;
    this.#channel.close();
    if (this.#phase.kind === 'reporting') this.#deps.heartbeats.remove(this.#phase.life);
    this.#phase = { kind: 'ended' };
    this.#deps.onError(foreignRun(this.#jobId));
  }

  #goOnInSilence(): void {
    const { jobId } = this.#options.job;
    this.#deps.onError(
      new JobEventsServerError('STORE_FAILED', `Job ${jobId} begins without the store; it is reported on as soon as the store is back.`, { jobId }),
    );
  }

  /** Passes on what has been reported and is new. */
  #say(): void {
    if (this.#phase.kind !== 'reporting' || this.#said === this.#report.current) return;
    this.#said = this.#report.current;
    this.#deps.path.metrics.reported();
    const { snapshot: current, life } = this.#phase;
    const snapshot = progressState(this.#context(current), this.#said, nextVersion(current.version));
    this.#phase = { kind: 'reporting', snapshot, life };
    this.#channel.say(snapshot);
  }

  readonly #wrote = (said: AnyJobSnapshot, result: WriteResult): void => {
    if (this.#phase.kind !== 'reporting') return;
    if (result.outcome === 'foreign-owner') return this.#dropForeignReports();
    const current = result.record.snapshot;
    if (result.outcome === 'stored') {
      this.#followTerm(this.#phase, current);
      if (current.cancelRequested) this.#cancel();
    } else if (isOutdated(said, result)) {
      this.#lose(current);
    }
  };

  /** A store that forgot the job has had a later term of it meanwhile: what was said last is seen only in that. */
  #followTerm({ snapshot: said, life }: ReportingRun, stored: AnyJobSnapshot): void {
    const snapshot = inTermOf(said, stored);
    if (snapshot === said) return;
    this.#phase = { kind: 'reporting', snapshot, life };
    this.#channel.announce(snapshot);
  }

  #heard(result: HeartbeatResult): void {
    if (this.#phase.kind !== 'reporting') return;
    const { snapshot } = this.#phase;
    switch (result.outcome) {
      case 'alive':
        if (result.stalled) this.#sayAgain(snapshot);
        return result.cancelRequested ? this.#cancel() : undefined;
      case 'overtaken':
        return void this.#findOutWhy();
      case 'unknown':
        return this.#channel.store(snapshot);
    }
  }

  /** The job was taken for stalled: the next state says that it is not. */
  #sayAgain(current: AnyJobSnapshot): void {
    if (this.#phase.kind !== 'reporting') return;
    const snapshot = progressState(this.#context(current), this.#said, nextVersion(current.version));
    this.#phase = { ...this.#phase, snapshot };
    this.#channel.announce(snapshot);
    this.#channel.store(snapshot);
  }

  async #findOutWhy(): Promise<void> {
    const [record] = await this.#deps.storeClient.call((store) => store.get([this.#jobId])).catch(() => []);
    if (record !== undefined && record.userId !== this.#options.job.userId) this.#dropForeignReports();
    else this.#lose(record?.snapshot);
  }

  #cancel(): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(new JobCancelledError(this.#jobId));
  }

  /** Nothing this run says is believed any more. */
  #lose(current: AnyJobSnapshot | undefined): void {
    if (this.#phase.kind !== 'reporting') return;
    const { snapshot } = this.#phase;
    this.#channel.close();
    this.#leave();
    this.#phase = phaseAfterLosing(snapshot, current);
    if (this.#abort.signal.aborted) return;
    this.#abort.abort(current?.status === 'cancelled' ? new JobCancelledError(this.#jobId) : new StaleRunError(this.#jobId));
  }

  async #outcomeOfThrow(error: unknown): Promise<RunOutcome | undefined> {
    // What the function threw may be of another job that it waited for.
    if ((this.#abort.signal.reason as unknown) instanceof JobCancelledError) return { status: 'cancelled' };
    if (this.#phase.kind === 'overtaken' || this.#phase.kind === 'taken-for-lost') return undefined;
    return this.#outcomes.ofThrow(error, this.#attempt);
  }

  /** Waits a moment for the end to be stored; after that it is stored behind the caller's back. */
  async #finish(outcome: RunOutcome, beginning: Promise<void>): Promise<void> {
    this.#hasEnded = true;
    this.#channel.flush();
    const finished = this.#storeEnd(outcome, beginning).catch((cause: unknown) => {
      if (this.#phase.kind === 'unreported') return;
      this.#deps.onError(cause instanceof EndNotStoredError ? cause : this.#deps.ends.giveUp(this.#endBeforeBeginning(outcome), cause));
    });
    this.#deps.ending.add(finished);
    void finished.then(() => this.#deps.ending.delete(finished));
    await within(finished, STORE_PATIENCE_MS, this.#deps.path.timing, () => undefined);
  }

  async #storeEnd(outcome: RunOutcome, beginning: Promise<void>): Promise<void> {
    if (this.#phase.kind === 'waiting') await beginning;
    if (this.#phase.kind !== 'reporting' && this.#phase.kind !== 'taken-for-lost') return;
    const { snapshot: current } = this.#phase;
    const end = endOf(this.#options.job, outcome, { ...this.#context(current), current }, nextVersion(current.version));
    if (this.#phase.kind === 'taken-for-lost') throw this.#deps.ends.giveUp(end, takenForLost(this.#phase.code));
    this.#leave();
    this.#deps.path.writer.forget(this.#jobId);
    const result = await this.#deps.ends.store(end);
    if (result.outcome === 'stale-run') this.#phase = { kind: 'overtaken' };
    // The run may have resolved long since: what it did must not be lost to a guess about its process.
    const guess = guessedEnd(result);
    if (guess !== undefined) throw this.#deps.ends.giveUp(end, takenForLost(guess));
    if (result.outcome === 'foreign-owner') this.#deps.onError(foreignRun(this.#jobId));
  }

  #endBeforeBeginning(outcome: RunOutcome): UnstoredEnd {
    const { job, contract } = this.#options;
    return endBeforeBeginning(job, outcome, { ...this.#context(undefined), type: contract.type }, this.#attempt, this.#said);
  }

  /** Says nothing more. What was said last is still on its way to the store. */
  #leave(): void {
    this.#channel.flush();
    if (this.#phase.kind === 'reporting') this.#deps.heartbeats.remove(this.#phase.life);
    this.#phase = { kind: 'ended' };
  }

  #context(current: AnyJobSnapshot | undefined): ReportContext {
    return { jobId: this.#jobId, current, timestamp: this.#timestamp() };
  }

  #timestamp(): string {
    return isoTime(this.#deps.path.timing.now());
  }
}

const takenForLost = (code: string): Error => new Error(`The job was taken for lost meanwhile (${code}).`);
