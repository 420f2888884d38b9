import { Job, QueueEvents } from 'bullmq';

import type { JobEventEmitterService } from '../emitter/index.js';
import type { OnError } from '../logger.js';
import type { Timing } from '../timing.js';
import type { BridgedJob } from './bridged-queue.js';
import { queueJobOf } from './queue-job.js';
import { startReconciliation, type QueueReconciliation, type ReconciledQueue } from './reconcile-queue.js';
import { WaitingJobs, type WaitingJob } from './waiting-jobs.js';

/** What of a worker is needed to ask its queue. */
interface ConnectedWorker {
  readonly name: string;
  readonly qualifiedName?: string;
  readonly opts?: { readonly connection?: unknown; readonly prefix?: string | undefined };
  /** BullMQ 6: what makes the queue's back end. */
  readonly backendFactory?: unknown;
  once?(event: 'closing', listener: () => void): unknown;
}

export interface ReconcileWorkerOptions<Data> {
  readonly shown: (job: Job<Data>) => Promise<{ readonly jobId: string } | undefined>;
  readonly onError: OnError;
  readonly timing: Timing;
}

/**
 * Reconciles the queue of a worker, asked through the worker's own connection, until the worker closes. The process that
 * holds the lease also opens the queue's events, to see waiting jobs that are removed. `undefined` for a worker without a connection.
 */
export function reconcileWorker<Data, J>(worker: ConnectedWorker, emitter: JobEventEmitterService<J>, options: ReconcileWorkerOptions<Data>): QueueReconciliation | undefined {
  const { opts, name, qualifiedName, backendFactory } = worker;
  if (opts?.connection === undefined) return undefined;
  const { shown, onError, timing } = options;
  const read = (id: string): Promise<Job<Data> | undefined> => Job.fromId<Data>(worker as never, id);
  const queue: ReconciledQueue = {
    name,
    qualifiedName,
    getJob: (id) => read(id) as Promise<BridgedJob | undefined>,
    getJobState: async (id) => (await read(id))?.getState() ?? 'unknown',
  };
  let events: { readonly queueEvents: QueueEvents; readonly waiting: WaitingJobs } | undefined;
  const open = (reportRemoved: (job: WaitingJob) => Promise<void>, failed: (cause: unknown, id: string) => void): void => {
    const connection = { connection: opts.connection, ...(opts.prefix !== undefined && { prefix: opts.prefix }) };
    const queueEvents = new QueueEvents(name, ...([connection, backendFactory] as unknown as [never, never]));
    // A connection that is lost is also that of the worker, which the application hears of.
    queueEvents.on('error', () => undefined);
    const readWaiting = async (id: string): Promise<WaitingJob | undefined> => {
      const job = await read(id);
      const about = job && (await shown(job));
      return about && { jobId: about.jobId, queueJob: queueJobOf(job), isChild: job.parent !== undefined };
    };
    events = { queueEvents, waiting: new WaitingJobs({ events: queueEvents as never, read: readWaiting, onRemoved: reportRemoved, timing, onError: failed }) };
  };
  let isClosed = false;
  const closeEvents = async (): Promise<void> => {
    const open = events;
    events = undefined;
    open?.waiting.close();
    await open?.queueEvents.close().catch(() => undefined);
  };
  const reconciliation = startReconciliation(queue, emitter, { onError, timing }, {
    async leased(reportRemoved, failed) {
      if (events === undefined && !isClosed) open(reportRemoved, failed);
      await events?.waiting.check();
    },
    notLeased: () => void closeEvents(),
    close() {
      isClosed = true;
      return closeEvents();
    },
  });
  worker.once?.('closing', () => void reconciliation.close());
  return reconciliation;
}
