import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { within, type Timing } from '../timing.js';

const CLOSES_WITHIN_MS = 5_000;

/**
 * Waits for what a queue or worker was asked last, which must not reject, but not for ever: BullMQ's PostgreSQL back end
 * neither answers nor refuses what is asked of it while it closes, or afterwards. What is given up then goes to `onError`.
 */
export async function answeredInTime(asked: Promise<unknown>, queueName: string, { timing, onError }: { readonly timing: Timing; readonly onError: OnError }): Promise<void> {
  await within(asked, CLOSES_WITHIN_MS, timing, () =>
    onError(new JobEventsServerError('BRIDGE_FAILED', `What became of the latest jobs of the queue '${queueName}' could not be reported: the queue or the store did not answer within ${CLOSES_WITHIN_MS} ms. Was the queue closed before, or is the store away?`)),
  );
}
