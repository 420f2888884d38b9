import { createHash } from 'node:crypto';

import { isJobId, type JobId } from '@notes/job-events-protocol';

const DIGEST_LENGTH = 16;

/** What identifies a job of BullMQ. Every `Job` and `SandboxedJob` of BullMQ 5 and 6 fits. */
export interface IdentifiedBullJob {
  readonly id?: string | undefined;
  readonly queueName: string;
  /** When the job was created, in milliseconds since 1970. */
  readonly timestamp: number;
  readonly opts: { readonly jobId?: string | undefined };
}

/**
 * The job id under which a job of BullMQ is shown.
 *
 * - With an id that BullMQ generated: `${queueName}:${id}:${timestamp}`. BullMQ numbers the jobs of each queue from 1,
 *   and begins again at 1 after `obliterate` or with a new database. The creation time tells such jobs apart, and also
 *   the jobs of a job scheduler, which are called `repeat:…`: one that waits is replaced when the scheduler is changed.
 * - With an id that the application chose (`queue.add(name, data, { jobId })`): `${queueName}:${jobId}`. The application
 *   promises not to use it again for another job.
 *
 * Characters that a job id must not have are replaced, and what is too long is cut. Such an id ends with a digest of the
 * whole, so that two jobs never share one.
 *
 * A queue's name has no colon, which BullMQ refuses too: the name ends where the first colon is, so jobs of two queues never
 * share an id.
 *
 * Where the queue deduplicates, `queue.add` returns the id of the earlier job with a creation time of its own. Read
 * that job with `queue.getJob` first.
 *
 * @throws TypeError for a job that has not been added to the queue, and for a queue's name with a colon.
 */
export function bullJobId(job: IdentifiedBullJob): JobId;
/** The same for a job with an id of the application's own, also before the job is added. */
export function bullJobId(queueName: string, ownId: string): JobId;
export function bullJobId(jobOrQueueName: IdentifiedBullJob | string, ownId?: string): JobId {
  if (typeof jobOrQueueName === 'string') return asJobId(jobOrQueueName, ownId);
  const { queueName, id, timestamp, opts } = jobOrQueueName;
  return hasOwnId(opts) ? asJobId(queueName, id) : asJobId(queueName, id, timestamp);
}

/** What BullMQ puts before the ids of the jobs of a job scheduler. It replaces a waiting one by another job of the same id. */
const SCHEDULED = 'repeat:';

const hasOwnId = ({ jobId }: IdentifiedBullJob['opts']): boolean => jobId !== undefined && jobId !== '' && !jobId.startsWith(SCHEDULED);

function asJobId(queueName: string, id: string | undefined, timestamp?: number): JobId {
  if (id === undefined || id === '') throw new TypeError(`A job of the queue '${queueName}' has no id yet: add it to the queue first.`);
  if (queueName.includes(':')) throw new TypeError(`'${queueName}' is no name of a queue: BullMQ refuses names with a colon. Its prefix is no part of the name.`);
  const whole = timestamp === undefined ? `${queueName}:${id}` : `${queueName}:${id}:${timestamp}`;
  const fits: boolean = isJobId(whole);
  if (fits) return whole;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, DIGEST_LENGTH);
  const readable = whole.replace(/[^A-Za-z0-9_.:-]/g, '_').replace(/^[^A-Za-z0-9_]/, '_');
  return `${readable.slice(0, 128 - DIGEST_LENGTH - 1)}-${digest}`;
}
