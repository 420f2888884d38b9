import { randomUUID } from 'node:crypto';

import type { JobEventEmitterService } from '../emitter/index.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { realTiming, within, type Timing } from '../timing.js';
import { answeredInTime } from './answered-in-time.js';
import type { BridgedJob, Reporter } from './bridged-queue.js';
import { RecordReconciler } from './record-reconciler.js';
import type { JobSource } from './read-queue-job.js';
import type { WaitingJob } from './waiting-jobs.js';

const EVERY_MS = 2_000;
/** A process that dies leaves its lease to another one after this time. */
const LEASE_MS = 5_000;
/** A pass that takes longer is given up; what it still reports is right all the same. */
const PASS_MS = 15_000;

/** The queue whose jobs are compared. Every `Queue` of BullMQ 5 and 6 fits. */
export interface ReconciledQueue extends JobSource<BridgedJob> {
  readonly name: string;
  /** The name with BullMQ's prefix. */
  readonly qualifiedName?: string | undefined;
}

export interface ReconcileQueueOptions {
  /** How often the store is compared with the queue, in milliseconds. Default: 2,000. */
  readonly everyMs?: number | undefined;
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
 * difference that has lasted for 4 s. No work is repeated.
 *
 * - A job that the queue has completed or failed ends so, with the queue's result, as far as the contract allows it.
 * - A waiting job that the queue no longer has ends as `cancelled`, an active one as `failed` with `VANISHED`, after 8 s.
 * - An attempt whose worker was lost while the store was away is shown as `retrying`.
 *
 * Several processes may do this for one queue: a lease in the store lets one at a time. `followWorker` starts it for the
 * queue of its worker; call it yourself in an API process whose workers may all be stopped.
 *
 * @example
 * const reconciliation = reconcileQueue(new Queue('pdf', { connection }), emitter);
 * await reconciliation.close();
 */
export function reconcileQueue<J>(queue: ReconciledQueue, emitter: JobEventEmitterService<J>, options: ReconcileQueueOptions = {}): QueueReconciliation {
  return startReconciliation(queue, emitter, options, {});
}

/** What else is done in the process that holds the lease. */
export interface LeaseHooks {
  /** In each pass. `reportRemoved`: a waiting job of this id was removed. `failed`: something could not be read or reported. */
  leased?(reportRemoved: (job: WaitingJob) => Promise<void>, failed: (cause: unknown, id: string) => void): Promise<void>;
  /** In each pass of another process's lease. */
  notLeased?(): Promise<void>;
}

export function startReconciliation<J>(queue: ReconciledQueue, emitter: JobEventEmitterService<J>, options: ReconcileQueueOptions, hooks: LeaseHooks): QueueReconciliation {
  const { everyMs = EVERY_MS, timing = realTiming } = options;
  const onError = guardedOnError(options.onError);
  const { store } = emitter;
  const queueName = queue.qualifiedName ?? queue.name;
  const lease = `bullmq:${queueName}`;
  const holder = randomUUID();
  /** Of this pass. A fault is reported once until a whole pass has worked. */
  let faults = 0;
  let isFailing = false;
  const failed = (message: string, cause: unknown, jobId?: string): void => {
    faults++;
    if (!isFailing) onError(new JobEventsServerError('BRIDGE_FAILED', message, { cause, jobId }));
    isFailing = true;
  };
  const reconciler = new RecordReconciler({
    store,
    reporter: emitter as unknown as Reporter,
    queueName,
    timing,
    onError: (cause, jobId) => jobFailed(cause, jobId),
  });
  const jobFailed = (cause: unknown, jobId: string): void =>
    failed(`Job ${jobId} could not be compared with the queue '${queue.name}'. It is compared again in ${everyMs} ms.`, cause, jobId);

  const compare = async (): Promise<void> => {
    if (!(await store.takeLease(lease, holder, LEASE_MS))) return hooks.notLeased?.();
    await hooks.leased?.(({ jobId, createdAt }) => reconciler.reportRemoved(jobId, createdAt), jobFailed);
    await reconciler.reconcile(queue);
  };
  const pass = async (): Promise<void> => {
    faults = 0;
    try {
      await within(compare(), PASS_MS, timing, () => {
        throw new Error(`The queue or the store gave no answer within ${PASS_MS} ms.`);
      });
      if (faults === 0) isFailing = false;
    } catch (cause) {
      failed(`The queue '${queue.name}' could not be compared with the store. It is compared again in ${everyMs} ms.`, cause);
    }
  };

  let isClosed = false;
  let timer: unknown;
  let underWay: Promise<void> = Promise.resolve();
  const reconcile = (): Promise<void> => (underWay = underWay.then(pass));
  const reconcileForever = async (): Promise<void> => {
    await reconcile();
    if (!isClosed) timer = timing.setTimeout(() => void reconcileForever(), everyMs);
  };
  void reconcileForever();

  return {
    reconcile,
    async close() {
      if (isClosed) return;
      isClosed = true;
      timing.clearTimeout(timer);
      const given = underWay.then(() => store.takeLease(lease, holder, 0)).then(() => undefined, () => undefined);
      await answeredInTime(given, queue.name, { timing, onError });
    },
  };
}
