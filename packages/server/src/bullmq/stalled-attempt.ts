import type { JobEventEmitterService } from '../emitter/index.js';
import type { JobRecord } from '../store/job-record.js';
import { realTiming, within } from '../timing.js';
import { STALLED } from './queue-errors.js';

/** Whose job it is, and under which id it is shown. */
export interface ShownJob {
  readonly jobId: string;
  readonly userId: string;
  readonly type?: string | undefined;
}

const STORE_TIMEOUT_MS = 1_000;

/** The stored record of a job of this user; `undefined` also where the store cannot be asked, of which `run` complains. */
export async function storedRecordOf<J>(emitter: JobEventEmitterService<J>, { jobId, userId }: ShownJob): Promise<JobRecord | undefined> {
  const reading = emitter.store.get([jobId]).catch(() => []);
  const [record] = await within(reading, STORE_TIMEOUT_MS, realTiming, () => []);
  return record?.userId === userId ? record : undefined;
}

/**
 * Reports that the shown attempt was lost with its worker, and that the queue gives the job to another one. An attempt
 * that has begun meanwhile is not touched. What fails goes to the emitter's `onError`.
 */
export async function reportStalledAttempt<J>(emitter: JobEventEmitterService<J>, job: ShownJob, record: JobRecord | undefined): Promise<void> {
  if (record?.snapshot.status !== 'active') return;
  const { jobId, userId, type } = job;
  const [attempt] = record.snapshot.version;
  const stalled = { jobId, userId, ...(type !== undefined && { type }), attempt, error: STALLED, willRetry: true };
  await emitter.emitFailed(stalled as never).catch(() => undefined);
}
