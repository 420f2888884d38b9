import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { isoTime } from '../iso-time.js';
import { JobCancelledError, StaleRunError } from '../server-errors.js';
import type { JobRecord } from '../store/job-record.js';
import type { HeartbeatResult, WriteResult } from '../store/job-store.js';
import { within } from '../timing.js';
import { nextVersion, type Progress, type ReportSubject } from './compose-state.js';
import type { LivingRun } from './heartbeats.js';
import type { JobRun } from './job-run.js';
import type { ProgressChannelOptions } from './progress-channel.js';
import { ReportedState } from './reported-state.js';
import type { RunDependencies } from './reporter-dependencies.js';
import { endBeforeBeginning, endOf, guessedEnd, RunOutcomes, type RunOutcome, type RunOutcomeOptions } from './run-outcome.js';
import { isOutdated, phaseAfterLosing, type ReportingRun, type RunPhase } from './run-phase.js';
import { claimRun, foreignRun, refusalOf, type Refusal } from './run-claim.js';
import { createRunHandle } from './run-handle.js';
import { RunReport } from './run-report.js';
import { EndNotStoredError, type UnstoredEnd } from './end-not-stored-error.js';
import type { UnfinishedRun } from './runs-in-progress.js';

/** How long a run waits for the store: before the work begins, and until its end is stored. Then the work counts more. */
export const STORE_PATIENCE_MS = 1_000;

/** One run of one job, from its claim until its end is stored (specification, section 1, rules 1, 5 and 6). */
export class RunSession {
  readonly #deps: RunDependencies;
  readonly #options: RunOutcomeOptions;
  readonly #report: RunReport;
  readonly #channel: ProgressChannelOptions;
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
    this.#channel = { jobId, userId, by: 'run', queueJob, onResult: this.#wrote };
    this.#handle = createRunHandle({ jobId, signal: this.#abort.signal, attempt: () => this.#attempt, report: this.#report, say: () => this.#say() });
  }

  /** Claims the job, does the work and says how it ended. */
  async run<Result>(work: (job: JobRun<unknown>) => Promise<Result>): Promise<Result> {
    const beginning = this.#begin();
    await within(beginning, STORE_PATIENCE_MS, this.#deps.path.timing, () => this.#deps.storeClient.begunWithout(beginning, this.#jobId)).catch((error: unknown) => {
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
    if (this.#phase.kind === 'reporting') this.#phase.reported.flush();
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
    const { job, contract } = this.#options;
    const start = await claimRun(job, contract.type, this.#deps, () => this.#phase.kind === 'waiting');
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
    this.#phase = { kind: 'reporting', reported: new ReportedState(this.#deps.path, this.#channel, snapshot), life };
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
    if (this.#phase.kind === 'reporting') this.#closeReport(this.#phase);
    this.#phase = { kind: 'ended' };
    this.#deps.onError(foreignRun(this.#jobId));
  }

  /** Passes on what has been reported and is new. */
  #say(): void {
    if (this.#phase.kind !== 'reporting' || this.#said === this.#report.current) return;
    this.#said = this.#report.current;
    this.#deps.path.metrics.reported();
    this.#phase.reported.report(this.#subject(), this.#said);
  }

  readonly #wrote = (said: AnyJobSnapshot, result: WriteResult): void => {
    if (this.#phase.kind !== 'reporting') return;
    if (result.outcome === 'foreign-owner') return this.#dropForeignReports();
    const current = result.record.snapshot;
    if (result.outcome === 'stored') {
      this.#phase.reported.followTerm(current);
      if (current.cancelRequested) this.#cancel();
    } else if (isOutdated(said, result)) {
      this.#lose(current);
    }
  };

  #heard(result: HeartbeatResult): void {
    if (this.#phase.kind !== 'reporting') return;
    const { reported } = this.#phase;
    switch (result.outcome) {
      case 'alive':
        // The job was taken for stalled: the next state says that it is not.
        if (result.stalled) reported.repeat(this.#subject(), this.#said);
        return result.cancelRequested ? this.#cancel() : undefined;
      case 'overtaken':
        return void this.#findOutWhy();
      case 'unknown':
        return reported.store();
    }
  }

  async #findOutWhy(): Promise<void> {
    const [record] = await this.#deps.storeClient.call(`read ${this.#jobId}`, (store) => store.get([this.#jobId])).catch(() => []);
    if (record !== undefined && record.userId !== this.#options.job.userId) this.#dropForeignReports();
    else this.#lose(record?.snapshot);
  }

  #cancel(): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(new JobCancelledError(this.#jobId));
  }

  /** Nothing this run says is believed any more. */
  #lose(current: AnyJobSnapshot | undefined): void {
    if (this.#phase.kind !== 'reporting') return;
    this.#closeReport(this.#phase);
    this.#phase = phaseAfterLosing(this.#phase.reported.current, current);
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
    this.flush();
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
    const current = this.#phase.kind === 'reporting' ? this.#phase.reported.current : this.#phase.snapshot;
    const end = endOf(this.#options.job, outcome, { ...this.#subject(), current }, nextVersion(current.version));
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
    return endBeforeBeginning(job, outcome, { ...this.#subject(), type: contract.type, current: undefined }, this.#attempt, this.#said);
  }

  /** Says nothing more. What was said last is still on its way to the store. */
  #leave(): void {
    this.flush();
    if (this.#phase.kind === 'reporting') this.#closeReport(this.#phase);
    this.#phase = { kind: 'ended' };
  }

  #closeReport({ reported, life }: ReportingRun): void {
    reported.close();
    this.#deps.heartbeats.remove(life);
  }

  #subject(): ReportSubject {
    return { jobId: this.#jobId, timestamp: isoTime(this.#deps.path.timing.now()) };
  }
}

const takenForLost = (code: string): Error => new Error(`The job was taken for lost meanwhile (${code}).`);
