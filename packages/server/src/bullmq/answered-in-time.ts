import { withinDeadline } from '../access/deadline.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Timing } from '../timing.js';

const CLOSES_WITHIN_MS = 5_000;

/**
 * Waits for what a queue or worker was asked last, but not for ever: BullMQ's PostgreSQL back end neither answers nor
 * refuses what is asked of it while it closes, or afterwards. What is given up then goes to `onError`.
 */
export async function answeredInTime(asked: Promise<unknown>, queueName: string, { timing, onError }: { readonly timing: Timing; readonly onError: OnError }): Promise<void> {
  await withinDeadline(asked, CLOSES_WITHIN_MS, timing).catch((cause: unknown) =>
    onError(new JobEventsServerError('BRIDGE_FAILED', `What became of the latest jobs of the queue '${queueName}' could not be found out: it no longer answers. Was it closed before?`, { cause })),
  );
}
