import type { AnyJobSnapshot, JobSnapshot, RegisteredJobs, ResultInputOf } from '@notes/job-events-protocol';
import { JobEventsServerError, withJob } from '../server-errors.js';
import type { JobStore } from '../store/job-store.js';
import { traceRun, type Tracer } from '../telemetry/trace-run.js';
import type { Contracts } from './check-contract.js';
import type { CloseOptions, CloseResult } from './close-result.js';
import { composeEmitter } from './compose-emitter.js';
import { END_PATIENCE_MS, type DirectReporter } from './direct-reporter.js';
import type { CancelledEvent, CompletedEvent, DefinitionOfRun, FailedEvent, ProgressEvent, QueuedEvent, RunnableType, RunOptions } from './emit-payloads.js';
import type { JobEventEmitterOptions } from './emitter-options.js';
import { EmitterShutdown } from './emitter-shutdown.js';
import type { UnstoredEnd } from './end-not-stored-error.js';
import type { JobRun } from './job-run.js';
import { checkFailure, readPayload, type ComposedEnd, type End, type Payload } from './payload-schemas.js';
import type { RunDependencies } from './reporter-dependencies.js';
import { restoreEnds, type RestoredEnds } from './restore-ends.js';
import { RunSession } from './run-session.js';
import { runUnreported, type RunsInProgress } from './runs-in-progress.js';

/**
 * Reports on jobs, from a worker or an API: broadcasts to whoever watches, and keeps the states in a store.
 *
 * Use {@link run} where a worker does a job: it claims the job, so that a worker that was taken for dead cannot disturb
 * its successor. The `emit…` calls are for jobs that no run holds. Each resolves to the state of the job that stands,
 * which is not always the one that was reported: an end that lost a race, or progress of an attempt that has ended,
 * resolves to what was there before it.
 *
 * Reporting never hurts the work. A call rejects only for a mistake of its caller (`INVALID_PAYLOAD`, `FOREIGN_JOB`,
 * `CLOSED`), and an end also when the store stays away for 30 s (`STORE_UNAVAILABLE`). Everything else goes to
 * `onError`, and so does a rejection, whether anybody awaits it or not: one that nobody awaits does not end the process.
 *
 * Progress is broadcast first and stored behind, coalesced; the last value before a silence always goes out. An end is
 * stored first, and broadcast only if it was stored. See the specification, section 1, "Who may report".
 *
 * @example
 * const emitter = new JobEventEmitterService({ broadcaster, store, jobs: pdfNotes });
 * await emitter.run({ jobId, userId }, async (job) => {
 *   job.stage('DOWNLOADING');
 *   const pdf = await download(url, { signal: job.signal, onProgress: (fraction) => job.report(fraction) });
 *   job.stage('SAVING');
 *   return { noteId: await save(pdf) };
 * });
 */
export class JobEventEmitterService<J = RegisteredJobs> {
  /** The store that the emitter was given. */
  readonly store: JobStore;
  readonly #contracts: Contracts;
  readonly #deps: RunDependencies;
  readonly #direct: DirectReporter;
  readonly #runs: RunsInProgress;
  readonly #tracer: Tracer | undefined;
  readonly #shutdown: EmitterShutdown;

  /** @throws JobEventsServerError `INVALID_OPTIONS` */
  constructor(options: JobEventEmitterOptions<J>) {
    const parts = composeEmitter(options);
    this.store = options.store;
    this.#contracts = parts.contracts;
    this.#deps = parts.deps;
    this.#direct = parts.direct;
    this.#runs = parts.runs;
    this.#tracer = options.tracer;
    this.#shutdown = new EmitterShutdown(parts);
  }

  /**
   * Announces a job that was accepted and that nobody has begun. Inserts only a job that is not known: an API that is
   * late never overwrites what a worker has said. With an `attempt` it puts a job back that has ended, for a button
   * that says "Try again"; with `requeue` also one that was let go in the middle of an attempt.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`
   */
  emitQueued(event: QueuedEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => this.#direct.queued(this.#checked(readPayload('emitQueued', event))));
  }

  /**
   * Reports progress of a job that no run holds. Does not wait for the store after the first call. While a run holds
   * the job, progress from outside is dropped (`HELD_BY_RUN` to `onError`). Progress after `retrying`, and a greater
   * `attempt`, begin the next attempt.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`
   */
  emitProgress(event: ProgressEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => {
      const report = this.#checked(readPayload('emitProgress', event));
      this.#contracts.of(report.type).checkStage(report.stage);
      this.#deps.path.metrics.reported();
      return this.#direct.progress(report);
    });
  }

  /**
   * Reports that a job is done. `result` is JSON of at most 32 KiB; `unfitResult` says what another one means.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`, `STORE_UNAVAILABLE`
   */
  emitCompleted(event: CompletedEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => {
      const { result, unfitResult = 'reject', ...report } = this.#checked(readPayload('emitCompleted', event));
      const contract = this.#contracts.of(report.type);
      if (unfitResult === 'reject') {
        const state: End = { status: 'completed', result: contract.checkResult(result) };
        return this.#direct.end({ ...report, end: () => ({ state }) });
      }
      let unfit: JobEventsServerError | undefined;
      const fitting = contract.fittingResult(result, (error) => (unfit = withJob(error, report.jobId)));
      return this.#direct.end({ ...report, end: () => ({ state: { status: 'completed', result: fitting }, report: () => void (unfit && this.#deps.onError(unfit)) }) });
    });
  }

  /**
   * Reports that an attempt has failed: for good, or, with `willRetry`, to be followed by another. `error` is shown as it is;
   * of `thrown`, what a job threw, people see what `run` shows of it.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`, `STORE_UNAVAILABLE`
   */
  emitFailed(event: FailedEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => {
      const payload = this.#checked(readPayload('emitFailed', event));
      checkFailure(payload);
      const { error: words, thrown, willRetry = false, delayedUntil, ...report } = payload;
      const end = (): ComposedEnd => {
        const described = words === undefined ? this.#deps.describer.describe(thrown, report) : { shown: words, report: undefined };
        const error = described.shown;
        return { state: willRetry ? { status: 'retrying', error, delayedUntil } : { status: 'failed', error }, report: described.report };
      };
      return this.#direct.end({ ...report, end });
    });
  }

  /**
   * Reports that a job was cancelled. To ask a worker to stop, use `jobEvents.cancel`.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`, `STORE_UNAVAILABLE`
   */
  emitCancelled(event: CancelledEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => this.#direct.end({ ...this.#checked(readPayload('emitCancelled', event)), end: () => ({ state: { status: 'cancelled' } }) }));
  }

  /**
   * Does a job: claims it, runs `work`, and reports how it ended. A store that is away is waited for at most 1 s before
   * the work begins, and at most 1 s for its end; what is left is stored behind, until `close`.
   *
   * Of an error that is not a `JobError` people see a neutral sentence, or what `describeError` says; the error itself goes
   * to `onError`. A job that belongs to another user is done without a report (`FOREIGN_JOB` to `onError`).
   *
   * A function that throws has failed, unless `onThrow` says otherwise, or has been cancelled, if somebody asked for it.
   * One that finishes although it was asked to stop has completed. What it returns and does not fit (over 32 KiB, not
   * as the contract says) is left out of the state and still resolved.
   *
   * @returns What `work` returned.
   * @throws What `work` threw. `StaleRunError` where a later run has begun. `JobCancelledError` where the job had been
   * cancelled before, and `rerun` is not set; `work` is then not called. `INVALID_PAYLOAD`.
   */
  run<T extends RunnableType<J>, R extends ResultInputOf<DefinitionOfRun<J, T>>>(
    job: RunOptions<J, T>,
    work: (job: JobRun<DefinitionOfRun<J, T>>) => Promise<R>,
  ): Promise<R> {
    return this.#run(job, work, 'complete');
  }

  /**
   * Does one step of a job that other workers go on with: as `run`, but when `work` returns, the job is queued, where the
   * step has stopped, and the next `runStep` or `run` goes on with the same attempt and percentage. The last step is a
   * `run`. Between two steps nobody holds the job: whoever cancels it then has cancelled it.
   *
   * What `work` returns is for the caller, and is neither checked nor shown.
   *
   * @throws As `run`.
   */
  runStep<T extends RunnableType<J>, R>(job: RunOptions<J, T>, work: (job: JobRun<DefinitionOfRun<J, T>>) => Promise<R>): Promise<R> {
    return this.#run(job, work, 'hand-over');
  }

  async #run<T extends RunnableType<J>, R>(
    job: RunOptions<J, T>,
    work: (job: JobRun<DefinitionOfRun<J, T>>) => Promise<R>,
    whenDone: 'complete' | 'hand-over',
  ): Promise<R> {
    const claim = this.#checked(readPayload('run', job));
    const session = new RunSession(this.#deps, { job: claim, contract: this.#contracts.of(claim.type), onThrow: job.onThrow, whenDone });
    if (this.#shutdown.isClosed) {
      session.stopReporting();
      this.#deps.onError(runUnreported(claim.jobId));
    }
    this.#runs.add(session);
    try {
      return await traceRun(this.#tracer, claim, () => session.run(work as unknown as (run: JobRun<unknown>) => Promise<R>));
    } finally {
      this.#runs.delete(session);
    }
  }

  /** Sends and stores what waits. Resolves when that is done, or after `timeoutMs` (5,000) with a store that is away. Never rejects. */
  flush({ timeoutMs }: CloseOptions = {}): Promise<void> {
    return this.#shutdown.flush(timeoutMs);
  }

  /**
   * Waits for the runs in progress, sends and stores what is left, and takes no further events. Takes `timeoutMs` at
   * most: three quarters for the runs, the rest for the store. Until no run is in progress everything is reported as
   * before, also runs that begin meanwhile: so close the queue's worker first, then the emitter, then the store. Do not
   * await it in a run, which would wait for itself.
   *
   * Never rejects, but for `INVALID_OPTIONS`. Each run and each end that is given up goes to `onError` once
   * (`RUN_UNFINISHED`, `STORE_UNAVAILABLE`) and is in the result; a run that begins afterwards does its work unreported
   * (`CLOSED` to `onError`). Idempotent: later calls get the result of the first.
   */
  close({ timeoutMs }: CloseOptions = {}): Promise<CloseResult> {
    return this.#shutdown.close(timeoutMs);
  }

  /**
   * Stores ends that an earlier emitter, of this process or another, could not store: those of `close`, and of
   * `EndNotStoredError`. Each is written conditionally under its own version, so that nothing newer is overwritten, and
   * then broadcast. Idempotent. Waits up to 30 s for the store.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `CLOSED`
   */
  async restoreEnds(ends: readonly UnstoredEnd[]): Promise<RestoredEnds> {
    if (this.#shutdown.isClosed) throw closed();
    const { path, ending } = this.#deps;
    const restoring = restoreEnds(ends, path.timing.monotonic() + END_PATIENCE_MS, this.#deps);
    const settled = restoring.then(() => undefined, () => undefined);
    ending.add(settled);
    return restoring.finally(() => ending.delete(settled));
  }

  /** The payload as its contract has it. */
  #checked<Said extends Payload<'emitQueued'>>(payload: Said): Said {
    const contract = this.#contracts.of(payload.type);
    if (contract.type === undefined) return payload;
    return { ...payload, type: contract.type, metadata: contract.checkMetadata(payload.metadata) };
  }

  /** What was stored went through the contract's schemas as it was said. */
  #answer(say: () => AnyJobSnapshot | Promise<AnyJobSnapshot>): Promise<JobSnapshot<J>> {
    const answer = !this.#shutdown.isClosed ? attempt(say) : Promise.reject(closed());
    const promise = Promise.resolve(answer as JobSnapshot<J> | Promise<JobSnapshot<J>>);
    // Most answers are there at once, and cannot fail any more.
    if (answer instanceof Promise) promise.catch(this.#deps.onError);
    return promise;
  }
}

/** A mistake of the caller is a rejection too. */
function attempt<T>(say: () => T | Promise<T>): T | Promise<T> {
  try {
    return say();
  } catch (error) {
    return Promise.reject(error as Error);
  }
}

const closed = (): JobEventsServerError => new JobEventsServerError('CLOSED', 'The emitter has been closed; it reports nothing any more.');
