import type { JobEventEmitterService } from '../emitter/index.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { realTiming, type Timing } from '../timing.js';
import { answeredInTime } from './answered-in-time.js';
import type { BridgedJob, BridgedQueue, Reporter } from './bridged-queue.js';
import { bullJobId } from './bull-job-id.js';
import { readProgress, type ProgressReport } from './progress-report.js';
import { queueJobOf } from './queue-job.js';
import { QueueFollower } from './queue-follower.js';
import { QueueReconciler } from './queue-reconciler.js';
import { KeyedSerialQueue } from './serial-queue.js';

/** What the bridge hears; every `QueueEvents` of BullMQ 5 and 6 fits. */
export interface BridgedQueueEvents {
  on(event: string, listener: (...args: never[]) => void): unknown;
  off(event: string, listener: (...args: never[]) => void): unknown;
}

export interface BridgeOptions<Job extends BridgedJob> {
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
  /** How often the queue itself is asked, in milliseconds. 10,000 by default. */
  readonly reconcileEveryMs?: number | undefined;
  /** Jobs that ended up to this long before the bridge began are reported too. 10 minutes by default, in milliseconds. */
  readonly lookBackMs?: number | undefined;
  /** What could not be reported or asked. By default it is written to the console. */
  readonly onError?: OnError | undefined;
  readonly timing?: Timing | undefined;
}

/** A bridge that is open. */
export interface QueueEventsBridge {
  /** Compares with the queue now, and resolves when everything found has been reported. */
  reconcile(): Promise<void>;
  /**
   * Stops, and resolves when what was heard has been reported, after 5 s at the latest. Closes neither the queue nor its
   * events: close those afterwards, so that they can still be asked.
   */
  close(): Promise<void>;
}

interface Heard {
  readonly jobId: string;
  readonly data?: unknown;
  readonly returnvalue?: unknown;
  readonly failedReason?: string;
  readonly prev?: string;
}

/**
 * Shows the jobs of a BullMQ queue whose workers cannot be touched, in any language. Its events say when to look;
 * because BullMQ trims them and its PostgreSQL back end skips some, the queue itself is asked too, every 10 s, so that
 * no end is missed of a job that stays in the queue for that long (`removeOnComplete: { age: 60 }`). A job that is
 * gone without a word ends as `failed` with the code `VANISHED`, after 30 s. A result that does not fit, over 32 KiB or
 * not as the contract says, is left out, and the emitter's `onError` hears of it.
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
  const { timing = realTiming, reconcileEveryMs = 10_000 } = options;
  const onError = guardedOnError(options.onError);
  const follower = new QueueFollower<Job>({
    queue,
    reporter: emitter as unknown as Reporter,
    stage: options.stage ?? 'PROCESSING',
    readProgress: options.readProgress ?? readProgress,
    showAs: (job) => {
      const userId = options.userId(job);
      if (userId === undefined) return undefined;
      const type = options.type?.(job);
      return { userId, jobId: options.jobId?.(job) ?? bullJobId(job), queueJob: queueJobOf(job), ...(type === undefined ? {} : { type }) };
    },
  });
  const turns = new KeyedSerialQueue();
  const inTurn = (id: string, task: () => Promise<void>): Promise<void> =>
    turns.run(id, task, (cause) => onError(new JobEventsServerError('BRIDGE_FAILED', `What the queue '${queue.name}' said of its job ${id} could not be reported.`, { cause })));
  const reconciler = new QueueReconciler({ queue, follower, inTurn, timing, lookBackMs: options.lookBackMs ?? 600_000 });

  const look = ({ jobId }: Heard): Promise<void> => inTurn(jobId, () => follower.look(jobId));
  const hearing: Readonly<Record<string, (heard: Heard) => Promise<void>>> = {
    added: look,
    waiting: look,
    delayed: look,
    'waiting-children': look,
    active: look,
    progress: ({ jobId, data }) => inTurn(jobId, () => follower.heardProgress(jobId, data)),
    completed: ({ jobId, returnvalue }) => inTurn(jobId, () => follower.heardCompleted(jobId, returnvalue)),
    failed: ({ jobId, failedReason }) => inTurn(jobId, () => follower.heardFailed(jobId, failedReason)),
    stalled: ({ jobId }) => inTurn(jobId, () => follower.heardStalled(jobId)),
    removed: ({ jobId, prev }) => inTurn(jobId, () => follower.heardRemoved(jobId, prev)),
  };
  for (const [event, listener] of Object.entries(hearing)) queueEvents.on(event, listener);

  let isClosed = false;
  let timer: unknown;
  let pass: Promise<void> = Promise.resolve();
  const reconcile = (): Promise<void> => {
    pass = pass.then(() => reconciler.reconcile()).catch((cause: unknown) => {
      onError(new JobEventsServerError('BRIDGE_FAILED', `The queue '${queue.name}' could not be asked; it is asked again in ${reconcileEveryMs} ms.`, { cause }));
    });
    return pass;
  };
  const reconcileForever = async (): Promise<void> => {
    await reconcile();
    if (!isClosed) timer = timing.setTimeout(() => void reconcileForever(), reconcileEveryMs);
  };
  void reconcileForever();

  return {
    reconcile,
    async close() {
      isClosed = true;
      timing.clearTimeout(timer);
      for (const [event, listener] of Object.entries(hearing)) queueEvents.off(event, listener);
      await answeredInTime(Promise.all([pass, turns.settle()]), queue.name, { timing, onError });
    },
  };
}
