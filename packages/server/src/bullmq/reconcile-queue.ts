import { randomUUID } from 'node:crypto';

import type { JobEventEmitterService } from '../emitter/index.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { realTiming, type Timing } from '../timing.js';
import type { BridgedJob, Reporter } from './bridged-queue.js';
import { Lease } from './lease.js';
import { RecordReconciler } from './record-reconciler.js';
import type { JobSource } from './read-queue-job.js';
import { repeatOneAtATime } from './repeat-one-at-a-time.js';
import { settleBeforeClose } from './settle-before-close.js';
import type { WaitingJob } from './waiting-jobs.js';

const EVERY_MS = 2_000;

/** The queue whose jobs are compared. Every `Queue` of BullMQ 5 and 6 fits. */
export interface ReconciledQueue extends JobSource<BridgedJob> {
  readonly name: string;
  /** The name with BullMQ's prefix. */
  readonly qualifiedName?: string | undefined;
}

export interface ReconcileQueueOptions {
  /** How often the store is compared with the queue, in milliseconds. Default: 2,000. */
  readonly everyMs?: number | undefined;
  /**
   * How long a job has to be gone from its queue before its record is ended, in milliseconds. Default: 4,000 for one that
   * waited, 8,000 for one that was active. An application that gives lost jobs to the queue again says longer than that takes.
   */
  readonly goneAfterMs?: number | undefined;
  /** What could not be compared or reported, once until it works again. By default it is written to the console. */
  readonly onError?: OnError | undefined;
  readonly timing?: Timing | undefined;
}

export interface QueueReconciliation {
  /** Compares now, if no other process does, and resolves when what was found has been reported. Never rejects. */
  reconcile(): Promise<void>;
  /** Stops and gives the lease back. Resolves after 5 s at the latest. Does not close the queue. */
  close(): Promise<void>;
}

/**
 * Reports from a queue what the job store does not know: the queue is the truth. It asks the store for the unfinished jobs
 * whose `queueJob` is of this queue and that nothing was written to for 6 s, looks each up in the queue, and reports a
 * difference that has lasted for 4 s. No work is repeated. A pass compares 3,000 jobs, and the next one goes on after them.
 *
 * - A job that the queue has completed or failed ends so, with the queue's result, as far as the contract allows it.
 * - A waiting job that the queue no longer has ends as `cancelled`, an active one as `failed` with `VANISHED`, after 8 s.
 * - An attempt whose worker was lost while the store was away is shown as `retrying`.
 *
 * Several processes may do this for one queue: a lease in the store lets one at a time. `followWorker` starts it for the
 * queue of its worker; call it yourself in an API process whose workers may all be stopped.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS`
 *
 * @example
 * const reconciliation = reconcileQueue(new Queue('pdf', { connection }), emitter);
 * await reconciliation.close();
 */
export function reconcileQueue<J>(queue: ReconciledQueue, emitter: JobEventEmitterService<J>, options: ReconcileQueueOptions = {}): QueueReconciliation {
  return startReconciliation(queue, emitter, options, {});
}

/** What else is done by the process that reconciles. */
export interface ReconciliationHooks {
  /** See `RecordReconcilerOptions`. */
  readonly goneLastsMs?: number;
  /** First in each pass, whoever holds the lease. */
  first?(): Promise<void>;
  /** In each pass under the lease. `reportRemoved`: a waiting job was removed. `failed`: something could not be read or reported. */
  leased?(reportRemoved: (job: WaitingJob) => Promise<void>, failed: (cause: unknown, id: string) => void): Promise<void>;
  /** In each pass of another process's lease. */
  notLeased?(): void;
  /** Shares the time limit of `close`. */
  close?(): Promise<void>;
}

export function startReconciliation<J>(queue: ReconciledQueue, emitter: JobEventEmitterService<J>, options: ReconcileQueueOptions, hooks: ReconciliationHooks): QueueReconciliation {
  if (typeof queue?.getJob !== 'function') throw new JobEventsServerError('INVALID_OPTIONS', 'Give the Queue of BullMQ whose jobs are compared.');
  const { everyMs = EVERY_MS, timing = realTiming } = options;
  const onError = guardedOnError(options.onError);
  const { store } = emitter;
  const queueName = queue.qualifiedName ?? queue.name;
  const lease = new Lease({ store, timing, name: `bullmq:${queueName}`, holder: randomUUID() });
  /** Of this pass. A fault is reported once until a whole pass has worked. */
  let faults = 0;
  let isFailing = false;
  const failed = (message: string, cause: unknown, jobId?: string): void => {
    faults++;
    if (!isFailing) onError(new JobEventsServerError('BRIDGE_FAILED', message, { cause, jobId }));
    isFailing = true;
  };
  const jobFailed = (cause: unknown, jobId: string): void =>
    failed(`Job ${jobId} could not be compared with the queue '${queue.name}'. It is compared again in ${everyMs} ms.`, cause, jobId);
  const reconciler = new RecordReconciler({ store, reporter: emitter as unknown as Reporter, queueName, timing, onError: jobFailed, goneLastsMs: options.goneAfterMs ?? hooks.goneLastsMs });

  const pass = async (): Promise<void> => {
    faults = 0;
    try {
      await hooks.first?.();
      const isLeased = await lease.whileHeld(async (isHeld) => {
        await hooks.leased?.((job) => reconciler.reportRemoved(job), jobFailed);
        await reconciler.reconcile(queue, isHeld);
      });
      if (!isLeased) hooks.notLeased?.();
      if (faults === 0) isFailing = false;
    } catch (cause) {
      failed(`The queue '${queue.name}' could not be compared with the store. It is compared again in ${everyMs} ms.`, cause);
    }
  };
  const passes = repeatOneAtATime(pass, everyMs, timing);

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => settleBeforeClose(Promise.all([passes.stop(), lease.giveBack(), hooks.close?.()]), queue.name, { timing, onError });
  return { reconcile: passes.run, close: () => (closing ??= close()) };
}
