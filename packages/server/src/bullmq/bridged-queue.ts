import type { AnyJobSnapshot } from '@notes/job-events-protocol';

import type { QueueJob } from '../store/job-record.js';
import type { BullJob } from './bull-job.js';
import type { ProgressReport } from './progress-report.js';
import type { Failure } from './queue-errors.js';

/** What the bridge reads of a job beyond what a run reads. */
export interface BridgedJob extends BullJob {
  readonly progress: unknown;
  readonly returnvalue: unknown;
  readonly failedReason?: string | undefined;
  /** When its last try began, in milliseconds. */
  readonly processedOn?: number | undefined;
}

/** What the bridge asks a queue; every `Queue` of BullMQ 5 and 6 fits. */
export interface BridgedQueue<Job extends BridgedJob> {
  readonly name: string;
  /** The name with BullMQ's prefix. */
  readonly qualifiedName?: string | undefined;
  getJob(id: string): Promise<Job | undefined>;
  getJobState(id: string): Promise<string>;
  getJobs(types: ('active' | 'completed' | 'failed' | 'waiting' | 'prioritized' | 'delayed' | 'waiting-children')[], start: number, end: number, asc: boolean): Promise<Job[]>;
}

/** Whose job it is, and how it is shown. */
export interface ShownAs {
  readonly jobId: string;
  readonly userId: string;
  readonly type?: string;
  readonly queueJob?: QueueJob;
}

/** The part of `JobEventEmitterService` that the bridge speaks through. */
export interface Reporter {
  emitQueued(job: ShownAs & { readonly attempt?: number; readonly requeue?: boolean; readonly delayedUntil?: string }): Promise<AnyJobSnapshot>;
  emitProgress(event: ShownAs & ProgressReport & { readonly stage: string; readonly attempt: number }): Promise<AnyJobSnapshot>;
  emitCompleted(event: ShownAs & Ended & { readonly result: unknown; readonly unfitResult: 'leave-out' }): Promise<AnyJobSnapshot>;
  emitFailed(event: ShownAs & Ended & Failure & { readonly willRetry?: boolean; readonly delayedUntil?: string }): Promise<AnyJobSnapshot>;
  emitCancelled(event: ShownAs & Ended): Promise<AnyJobSnapshot>;
}

/** Which try ended, and when. */
export interface Ended {
  readonly attempt?: number;
  readonly timestamp?: string;
}
