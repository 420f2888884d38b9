import { createHash } from 'node:crypto';

import { isJobId, type JobId } from '@notes/job-events-protocol';

const DIGEST_LENGTH = 16;

/**
 * The job id under which a BullMQ job is shown: `${queueName}:${id}`, because BullMQ numbers the jobs of each queue
 * from 1. What does not fit the pattern of a job id (specification, section 1) has its other characters replaced, is
 * cut, and gets a digest of the whole at its end, so that two BullMQ jobs never share an id.
 */
export function bullJobId(queueName: string, id: string | undefined): JobId {
  if (id === undefined || id === '') throw new TypeError(`A job of the queue '${queueName}' has no id yet: add it to the queue first.`);
  const whole = `${queueName}:${id}`;
  const fits: boolean = isJobId(whole);
  if (fits) return whole;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, DIGEST_LENGTH);
  const readable = whole.replace(/[^A-Za-z0-9_.:-]/g, '_').replace(/^[^A-Za-z0-9_]/, '_');
  return `${readable.slice(0, 128 - DIGEST_LENGTH - 1)}-${digest}`;
}
