import { randomUUID } from 'node:crypto';
import type { AnyJobSnapshot, JobSnapshot, RegisteredJobs, ResultInputOf } from '@notes/job-events-protocol';
import { consoleLogger, faultReporter, type OnError } from '../logger.js';
import { JobEventsServerError, withJob } from '../server-errors.js';
import type { JobStore } from '../store/job-store.js';
import { createMetrics } from '../telemetry/metrics.js';
import { traceRun, type Tracer } from '../telemetry/trace-run.js';
import { realTiming, within, type Timing } from '../timing.js';
import { Announcer, checkNamespace } from './announcer.js';
import { Contracts } from './check-contract.js';
import type {
  CancelledEvent,
  CompletedEvent,
  DefinitionOfRun,
  FailedEvent,
  ProgressEvent,
  QueuedEvent,
  RunnableType,
  RunOptions,
} from './emit-payloads.js';
import type { JobEventEmitterOptions, ThrottleOptions } from './emitter-options.js';
import { EndWriter } from './end-writer.js';
import { Heartbeats } from './heartbeats.js';
import type { JobRun } from './job-run.js';
import { OutsideReporter } from './outside-reporter.js';
import { readPayload, type End, type Payload } from './payload-schemas.js';
import { ProgressWriter } from './progress-writer.js';
import { RunSession, type RunSurroundings } from './run-session.js';
import { StoreContact } from './store-contact.js';
import type { Throttle } from './coalescing-window.js';

/** How long `flush` and `close` wait for the store. */
const FLUSH_PATIENCE_MS = 5_000;

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
  readonly #timing: Timing;
  readonly #tracer: Tracer | undefined;
  readonly #onError: OnError;
  readonly #contact: StoreContact;
  readonly #writer: ProgressWriter;
  readonly #heartbeats: Heartbeats;
  readonly #outside: OutsideReporter;
  readonly #around: RunSurroundings;
  readonly #runs = new Set<RunSession>();
  /** Ends of runs on their way to the store. */
  readonly #ending = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  /** @throws JobEventsServerError `INVALID_OPTIONS` */
  constructor(options: JobEventEmitterOptions<J>) {
    const { broadcaster, store, timing = realTiming, logger = consoleLogger, namespace = '/jobs' } = options;
    checkNamespace(broadcaster, namespace);
    if (typeof store?.write !== 'function') throw new JobEventsServerError('INVALID_OPTIONS', 'store must be a JobStore, such as new MemoryJobStore().');
    this.store = store;
    const metrics = createMetrics(options.meter);
    this.#tracer = options.tracer;
    this.#onError = faultReporter({ onError: options.onError, logger, metrics });
    const onError = this.#onError;
    this.#timing = timing;
    this.#contracts = new Contracts(options.jobs);
    this.#contact = new StoreContact({ store, timing, onError });
    this.#writer = new ProgressWriter(this.#contact, timing);
    this.#heartbeats = new Heartbeats(this.#contact, timing);
    const announcer = new Announcer(broadcaster, onError, metrics);
    const ends = new EndWriter({ contact: this.#contact, announcer, onError });
    const path = { announcer, writer: this.#writer, throttle: readThrottle(options.throttle), timing, metrics };
    this.#around = { contact: this.#contact, path, ends, heartbeats: this.#heartbeats, ending: this.#ending, newClaimId: randomUUID, onError };
    this.#outside = new OutsideReporter(this.#around);
  }

  /**
   * Announces a job that was accepted and that nobody has begun. Inserts only a job that is not known: an API that is
   * late never overwrites what a worker has said. With an `attempt` it puts a job back that has ended, for a button
   * that says "Try again"; with `requeue` also one that was let go in the middle of an attempt.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`
   */
  emitQueued(event: QueuedEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => this.#outside.queued(this.#checked(readPayload('emitQueued', event))));
  }

  /**
   * Says how far a job is that no run holds. Cheap: after a job's first event it waits for nothing. While a run holds
   * the job, what is said from outside is dropped (`HELD_BY_RUN` to `onError`). Progress after `retrying`, and a greater
   * `attempt`, begin the next attempt.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`
   */
  emitProgress(event: ProgressEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => {
      const report = this.#checked(readPayload('emitProgress', event));
      this.#contracts.of(report.type).checkStage(report.stage);
      this.#around.path.metrics.reported();
      return this.#outside.progress(report);
    });
  }

  /**
   * Says that a job is done. `result` is JSON of at most 32 KiB; `unfitResult` says what another one means.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`, `STORE_UNAVAILABLE`
   */
  emitCompleted(event: CompletedEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => {
      const { result, unfitResult = 'reject', ...report } = this.#checked(readPayload('emitCompleted', event));
      const contract = this.#contracts.of(report.type);
      const fitting = unfitResult === 'reject' ? contract.checkResult(result) : contract.fittingResult(result, (error) => this.#onError(withJob(error, report.jobId)));
      return this.#end(report, { status: 'completed', result: fitting });
    });
  }

  /**
   * Says that an attempt has failed: for good, or, with `willRetry`, to be followed by another.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`, `STORE_UNAVAILABLE`
   */
  emitFailed(event: FailedEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => {
      const { error, willRetry = false, delayedUntil, ...report } = this.#checked(readPayload('emitFailed', event));
      return this.#end(report, willRetry ? { status: 'retrying', error, delayedUntil } : { status: 'failed', error });
    });
  }

  /**
   * Says that a job was cancelled. To ask a worker to stop, use `jobEvents.cancel`.
   *
   * @throws JobEventsServerError `INVALID_PAYLOAD`, `FOREIGN_JOB`, `STORE_UNAVAILABLE`
   */
  emitCancelled(event: CancelledEvent<J>): Promise<JobSnapshot<J>> {
    return this.#answer(() => this.#end(this.#checked(readPayload('emitCancelled', event)), { status: 'cancelled' }));
  }

  /**
   * Does a job: claims it, runs `work`, and says how it ended. A store that is away is waited for at most 1 s before
   * the work begins, and at most 1 s for its end; what is left is stored behind, until `close`.
   *
   * A function that throws has failed, unless `onThrow` says otherwise, or has been cancelled, if somebody asked for it.
   * One that finishes although it was asked to stop has completed. What it returns and does not fit (over 32 KiB, not
   * as the contract says) is left out of the state and still resolved.
   *
   * @returns What `work` returned.
   * @throws What `work` threw. `StaleRunError` where a later run has begun. `JobCancelledError` where the job had been
   * cancelled before, and `rerun` is not set; `work` is then not called. `INVALID_PAYLOAD`, `FOREIGN_JOB`.
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
    if (this.#closing !== undefined) throw closed();
    const claim = this.#checked(readPayload('run', job));
    const session = new RunSession(this.#around, { job: claim, contract: this.#contracts.of(claim.type), onThrow: job.onThrow, whenDone });
    this.#runs.add(session);
    try {
      return await traceRun(this.#tracer, claim, () => session.run(work as unknown as (run: JobRun<unknown>) => Promise<R>));
    } finally {
      this.#runs.delete(session);
    }
  }

  /** Sends and stores what waits. Resolves when that is done, or after 5 s with a store that is away. Never rejects. */
  async flush(): Promise<void> {
    for (const run of this.#runs) run.flush();
    const said = Promise.all([this.#outside.flush(), ...this.#ending]).then(() => this.#writer.flush());
    await within(said, FLUSH_PATIENCE_MS, this.#timing, () => undefined);
  }

  /**
   * Flushes, and takes no further events; ends that cannot be stored are given up (`STORE_UNAVAILABLE` to `onError`).
   * Let the runs finish first: close the queue's worker, then the emitter, then the store. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.flush().then(async () => {
      this.#contact.close();
      this.#heartbeats.close();
      this.#writer.close();
      // What is given up now has been reported when this resolves: a process may end right after it.
      await Promise.all(this.#ending);
    });
    return this.#closing;
  }

  #end(report: Omit<Payload<'emitCancelled'>, never>, end: End): Promise<AnyJobSnapshot> {
    return this.#outside.end({ ...report, end });
  }

  /** The payload as its contract has it. */
  #checked<Said extends Payload<'emitQueued'>>(payload: Said): Said {
    const contract = this.#contracts.of(payload.type);
    if (contract.type === undefined) return payload;
    return { ...payload, type: contract.type, metadata: contract.checkMetadata(payload.metadata) };
  }

  /** What was stored went through the contract's schemas as it was said. */
  #answer(say: () => AnyJobSnapshot | Promise<AnyJobSnapshot>): Promise<JobSnapshot<J>> {
    const answer = this.#closing === undefined ? attempt(say) : Promise.reject(closed());
    const promise = Promise.resolve(answer as JobSnapshot<J> | Promise<JobSnapshot<J>>);
    // Most answers are there at once, and cannot fail any more.
    if (answer instanceof Promise) promise.catch(this.#onError);
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

function readThrottle({ intervalMs = 100, stepPercent = intervalMs === 0 ? 0 : 1 }: ThrottleOptions = {}): Throttle {
  if (intervalMs >= 0 && stepPercent >= 0 && stepPercent <= 100) return { intervalMs, stepPercent };
  throw new JobEventsServerError('INVALID_OPTIONS', 'throttle: intervalMs must be a number of milliseconds from 0, stepPercent a number from 0 to 100.');
}
