/**
 * What is read of a BullMQ job: the part that jobs of both back ends, of the worker and of a sandboxed process have in
 * common. Every `Job` of BullMQ 5 and 6 fits, whatever its type arguments.
 */
export interface BullJob {
  readonly id?: string | undefined;
  readonly name: string;
  readonly queueName: string;
  /** The queue's name with BullMQ's prefix. */
  readonly queueQualifiedName?: string | undefined;
  /** When the job was created, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly data: unknown;
  readonly opts: BullJobOptions;
  /** Ends that the queue has counted: failed tries, and the last one. A stall is not counted. */
  readonly attemptsMade: number;
  /** How often a worker has taken the job; some of BullMQ's calls set it back to 0. */
  readonly attemptsStarted?: number | undefined;
  /** How often a worker was lost while it did the job. Never set back. */
  readonly stalledCounter?: number | undefined;
  readonly finishedOn?: number | undefined;
}

export interface BullJobOptions {
  /** The id that the application chose for the job; absent where BullMQ generated one. */
  readonly jobId?: string | undefined;
  readonly attempts?: number | undefined;
  readonly backoff?: number | BullBackoff | undefined;
}

export interface BullBackoff {
  readonly type: string;
  readonly delay?: number | undefined;
  readonly jitter?: number | undefined;
}

/** The settings of a worker that decide about retries. */
export interface BullWorkerSettings {
  readonly maxStartedAttempts?: number | undefined;
  readonly settings?: { readonly backoffStrategy?: BullBackoffStrategy | undefined } | undefined;
}

export type BullBackoffStrategy = (
  attemptsMade: number,
  type: string | undefined,
  error: Error | undefined,
  job: never,
) => number | Promise<number>;

/**
 * The settings of the worker that holds a job. BullMQ decides about retries by `job.queue.opts`, and keeps that
 * property to subclasses; in a sandboxed process there is none, and the defaults of BullMQ hold.
 */
export const workerSettingsOf = (job: BullJob): BullWorkerSettings =>
  (job as { readonly queue?: { readonly opts?: BullWorkerSettings } }).queue?.opts ?? {};

/** Whether `job.discard()` was called, by which BullMQ 5 gives the tries up that are left; BullMQ 6 has no such method. */
export const isDiscarded = (job: BullJob): boolean => (job as { readonly discarded?: boolean }).discarded === true;
