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
  /** In milliseconds: how long the queue holds the job back since it was moved last. */
  readonly delay?: number | undefined;
  /** Absent in a sandboxed process. */
  getState?(): Promise<string>;
}

export interface BullJobOptions {
  /** The id that the application chose for the job; absent where BullMQ generated one. */
  readonly jobId?: string | undefined;
}
