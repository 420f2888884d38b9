import type { JobEventEmitterService } from '../emitter/index.js';
import { guardedOnError } from '../logger.js';
import { KeyedSerialQueue } from '../serial-queue.js';
import { JobEventsServerError } from '../server-errors.js';
import { realTiming } from '../timing.js';
import type { BridgedJob, BridgedQueue, Reporter } from './bridged-queue.js';
import { bullJobId } from './bull-job-id.js';
import { checkUserId } from './check-user-id.js';
import { readProgress, type ProgressReport } from './progress-report.js';
import { queueJobOf } from './queue-job.js';
import { QueueFollower } from './queue-follower.js';
import { QueueScan } from './queue-scan.js';
import { startReconciliation, type QueueReconciliation, type ReconcileQueueOptions } from './reconcile-queue.js';
import { UnstoredEnds } from './unstored-ends.js';

/** What the bridge hears; every `QueueEvents` of BullMQ 5 and 6 fits. */
export interface BridgedQueueEvents {
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
}

export interface BridgeOptions<Job extends BridgedJob> extends ReconcileQueueOptions {
  /** Whose job it is, such as `(job) => job.data.userId`. A job of nobody (`undefined`) is not shown. */
  readonly userId: (job: Job) => string | undefined;
  /** By default `bullJobId(job)`; the same as given to `runBullJob` and `accepted`. */
  readonly jobId?: ((job: Job) => string) | undefined;
  readonly type?: ((job: Job) => string | undefined) | undefined;
  /**
   * What a value given to `job.updateProgress` says; `undefined` for nothing. By default a number is a percentage, and an
   * object may have `progress`, `stage`, `message` and `metadata`.
   */
  readonly readProgress?: ((value: unknown) => ProgressReport | undefined) | undefined;
  /** The stage of a job that says none. `PROCESSING` by default. */
  readonly stage?: string | undefined;
  /** How often the lists of the queue are read for jobs of which no event told, in milliseconds. 10,000 by default. */
  readonly scanEveryMs?: number | undefined;
  /** Jobs that ended up to this long before the bridge began are reported too. 10 minutes by default, in milliseconds. */
  readonly lookBackMs?: number | undefined;
}

/**
 * A bridge that is open. `reconcile` also reads the lists of the queue. `close` resolves when what was heard has been
 * reported, after 5 s at the latest. It closes neither the queue nor its events: close those afterwards, so that they can
 * still be asked.
 */
export type QueueEventsBridge = QueueReconciliation;

/** A job that is gone ends so late only: the event of its end may be on its way, for BullMQ waits for events for 10 s at a time. */
const GONE_LASTS_MS = 30_000;
/** Ends that are repeated at a time. */
const REPEATED_AT_ONCE = 20;

interface Heard {
  readonly jobId: string;
  readonly data?: unknown;
  readonly returnvalue?: unknown;
  readonly failedReason?: string;
  readonly prev?: string;
  /** Until when, in ms since 1970: as a number from BullMQ 6, as text from BullMQ 5. */
  readonly delay?: number | string;
}

/**
 * Shows the jobs of a BullMQ queue whose workers cannot be touched, in any language. Its events say when to look;
 * because BullMQ trims them and its PostgreSQL back end skips some, the lists of the queue are read too, every 10 s, so that
 * no end is missed of a job that stays in the queue for that long (`removeOnComplete: { age: 60 }`). What is shown as
 * unfinished is compared with the queue as by `reconcileQueue`; a job that is gone without a word ends after 30 s, as
 * `cancelled` if it waited, else as `failed` with the code `VANISHED`. What the events tell of an id that was added again is
 * reported only where it is sure which of its jobs it is of. An end that was heard while the store is away is
 * kept and repeated until the store takes it, 5,000 at most. A result that does not fit, over 32 KiB or not as the
 * contract says, is left out, and the emitter's `onError` hears of it.
 *
 * Open one in one process for each queue; another one repeats what the first has said, which nobody sees. Where the
 * workers are yours, `runBullJob` tells more, sooner, and can be cancelled.
 *
 * @example
 * const bridge = bridgeQueueEvents(new QueueEvents('pdf', { connection }), new Queue('pdf', { connection }), emitter, {
 *   userId: (job) => job.data.userId,
 * });
 */
export function bridgeQueueEvents<Job extends BridgedJob, J>(
  queueEvents: BridgedQueueEvents,
  queue: BridgedQueue<Job>,
  emitter: JobEventEmitterService<J>,
  options: BridgeOptions<Job>,
): QueueEventsBridge {
  checkUserId('bridgeQueueEvents', options);
  const { timing = realTiming, scanEveryMs = 10_000 } = options;
  const onError = guardedOnError(options.onError);
  const failed = (message: string, cause?: unknown): void => onError(new JobEventsServerError('BRIDGE_FAILED', message, { cause }));
  const unstoredEnds = new UnstoredEnds((id) => failed(`The end of job ${id} of the queue '${queue.name}' was heard and is given up: too many ends wait for the store.`));
  const follower = new QueueFollower<Job>({
    queue,
    reporter: emitter as unknown as Reporter,
    stage: options.stage ?? 'PROCESSING',
    readProgress: options.readProgress ?? readProgress,
    timing,
    unstoredEnds,
    showAs: (job) => {
      const userId = options.userId(job);
      if (userId === undefined) return undefined;
      const type = options.type?.(job);
      return { userId, jobId: options.jobId?.(job) ?? bullJobId(job), queueJob: queueJobOf(job), ...(type === undefined ? {} : { type }) };
    },
  });
  const turns = new KeyedSerialQueue();
  const inTurn = (id: string, task: () => Promise<void>): Promise<void> =>
    turns.run(id, task, (cause) => failed(`What the queue '${queue.name}' said of its job ${id} could not be reported.`, cause));
  const scan = new QueueScan({ queue, follower, inTurn, timing, lookBackMs: options.lookBackMs ?? 600_000 });

  const hear = (tell: (heard: Heard, added: number | undefined) => Promise<void>) => (heard: Heard): Promise<void> => {
    const { jobId } = heard;
    const last = follower.lastAdded(jobId);
    return inTurn(jobId, () => tell(heard, last));
  };
  const look = hear(({ jobId }) => follower.look(jobId));
  const heardAdded = hear(({ jobId }, last) => follower.heardAdded(jobId, last));
  const hearing: Readonly<Record<string, (heard: Heard) => Promise<void>>> = {
    added: (heard) => (follower.noteAdded(heard.jobId), heardAdded(heard)),
    waiting: look,
    delayed: hear(({ jobId, delay }) => follower.look(jobId, delay === undefined ? undefined : Number(delay))),
    'waiting-children': look,
    active: look,
    progress: hear(({ jobId, data }, last) => follower.heardProgress(jobId, data, last)),
    completed: hear(({ jobId, returnvalue }, last) => follower.heardCompleted(jobId, returnvalue, last)),
    failed: hear(({ jobId, failedReason }, last) => follower.heardFailed(jobId, failedReason, last)),
    stalled: hear(({ jobId }) => follower.heardStalled(jobId)),
    removed: hear(({ jobId, prev }, last) => follower.heardRemoved(jobId, prev, last)),
  };
  for (const [event, listener] of Object.entries(hearing)) queueEvents.on(event, listener);

  const repeatEnds = async (): Promise<void> => {
    const { jobs } = unstoredEnds;
    for (let start = 0; start < jobs.length; start += REPEATED_AT_ONCE) {
      const faults: unknown[] = [];
      await Promise.all(jobs.slice(start, start + REPEATED_AT_ONCE).map((job) => turns.run(job.id, () => unstoredEnds.repeat(job), (cause) => faults.push(cause))));
      if (faults.length > 0) throw faults[0];
    }
  };
  let scanAt = 0;
  const first = async (): Promise<void> => {
    await repeatEnds();
    if (timing.monotonic() < scanAt) return;
    scanAt = timing.monotonic() + scanEveryMs;
    await scan.scan();
  };
  const close = async (): Promise<void> => {
    for (const [event, listener] of Object.entries(hearing)) queueEvents.off(event, listener);
    await turns.settle();
    const lost = unstoredEnds.jobs.map(({ id }) => id);
    if (lost.length > 0) failed(`The ends of ${lost.length} jobs of the queue '${queue.name}' were heard, and the store has not taken them: ${lost.slice(0, 10).join(', ')}`);
  };
  const reconciliation = startReconciliation(queue, emitter, options, { goneLastsMs: GONE_LASTS_MS, first, close });
  return {
    reconcile() {
      scanAt = 0;
      return reconciliation.reconcile();
    },
    close: reconciliation.close,
  };
}
