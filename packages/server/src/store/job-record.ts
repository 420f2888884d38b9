import type { AnyJobSnapshot, JobMetadata } from '@notes/job-events-protocol';

/** What a store keeps of a job. */
export interface JobRecord {
  /** The first owner; it stays. Never on the wire. */
  readonly userId: string;
  readonly snapshot: AnyJobSnapshot;
  /** The run that holds the job, from its beginning until its end is stored or a later run overtakes it. */
  readonly run?: JobRunHold;
  /** The job of a queue that this one reports on, as it was named last. Never on the wire. */
  readonly queueJob?: QueueJob;
  /** The store's clock, in ms, when the record last changed. Orders `listChanged`, nothing else. */
  readonly changedAt: number;
}

export interface JobRunHold {
  readonly epoch: number;
  /** The store's clock, in ms, when the run last gave a sign of life. */
  readonly aliveAt: number;
}

/**
 * A job of a queue. Queues count their ids anew when they are emptied or moved, so two jobs of a queue are the same only
 * if all three fields are.
 */
export interface QueueJob {
  readonly queue: string;
  readonly id: string;
  /** When the queue took the job, in ms since 1970, on the queue's clock. */
  readonly createdAt: number;
  /**
   * It is one step of a job that several jobs of queues do one after the other: its end is not the end of the job. It does
   * not take the place of the job of a queue that is the whole.
   */
  readonly isStep?: boolean | undefined;
  /** How often the queue had found the job stalled when its run began. A job that it hands out again has stalled once more. */
  readonly stalledCounter?: number | undefined;
}

/** A job that somebody accepted and that no worker has taken yet. */
export interface NewJob {
  readonly jobId: string;
  readonly userId: string;
  readonly type?: string;
  readonly message?: string;
  readonly metadata?: JobMetadata;
  /** Kept in the record. Without it the record keeps the one that it has. */
  readonly queueJob?: QueueJob;
  /** ISO 8601, UTC: when the job begins at the earliest. */
  readonly delayedUntil?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export type UnfinishedJob = JobRecord & {
  /**
   * When the job was last written to, or its run last sent a heartbeat: the store's clock, in whole ms. An epoch that
   * was taken MAY count.
   */
  readonly touchedAt: number;
};
