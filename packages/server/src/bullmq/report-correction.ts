import type { JobRecord } from '../store/job-record.js';
import type { Reporter } from './bridged-queue.js';
import type { Correction } from './reconcile-decision.js';

/**
 * Reports of a record what its queue says: of the attempt and of the job of the queue that were read, so that later ones are
 * not touched. Rejects as the reporter.
 */
export async function reportCorrection(reporter: Reporter, { userId, snapshot, queueJob }: JobRecord, correction: Correction): Promise<void> {
  const { jobId, type, version } = snapshot;
  const about = { jobId, userId, ...(type !== undefined && { type }), attempt: version[0], ...(queueJob && { queueJob }) };
  switch (correction.kind) {
    case 'completed':
      return void (await reporter.emitCompleted({ ...about, ...at(correction.finishedOn), result: correction.result, unfitResult: 'leave-out' }));
    case 'failed':
      return void (await reporter.emitFailed({ ...about, ...at(correction.finishedOn), ...correction.failure }));
    case 'retrying':
      return void (await reporter.emitFailed({ ...about, ...correction.failure, willRetry: true }));
    case 'queued':
      return void (await reporter.emitQueued({ ...about, attempt: correction.attempt, requeue: true }));
    case 'cancelled':
      return void (await reporter.emitCancelled(about));
    case 'none':
      return undefined;
  }
}

const at = (finishedOn: number | undefined): { readonly timestamp?: string } => (finishedOn === undefined ? {} : { timestamp: new Date(finishedOn).toISOString() });
