import type { AnyJobSnapshot } from '@notes/job-events-protocol';

import type { JobEventEmitterService, QueuedEvent } from '../emitter/index.js';
import { STALLED } from './queue-errors.js';

/** Whose job it is, and what it is called. */
export interface ShownJob {
  readonly jobId: string;
  readonly userId: string;
  readonly type?: string | undefined;
}

/** What is stored of a job: `emitQueued` inserts only what is unknown. Whatever is wrong with asking, `run` says. */
export function standingOf<J>(emitter: JobEventEmitterService<J>, job: ShownJob): Promise<AnyJobSnapshot | undefined> {
  const asked = emitter.emitQueued(about(job) as QueuedEvent<J>);
  return (asked as Promise<AnyJobSnapshot>).catch(() => undefined);
}

/**
 * Says that a try was lost with its worker: the queue has given the job away, and it is shown as still going on. Said of
 * the attempt that was seen, so that it is outdated where another one has begun since. Whatever is wrong with saying
 * it, the emitter's `onError` hears.
 */
export async function reportLostTry<J>(emitter: JobEventEmitterService<J>, job: ShownJob, standing: AnyJobSnapshot | undefined): Promise<void> {
  if (standing?.status !== 'active') return;
  const [attempt] = standing.version;
  await emitter.emitFailed({ ...about(job), attempt, error: STALLED, willRetry: true } as never).catch(() => undefined);
}

const about = ({ jobId, userId, type }: ShownJob): ShownJob => ({ jobId, userId, ...(type !== undefined && { type }) });
