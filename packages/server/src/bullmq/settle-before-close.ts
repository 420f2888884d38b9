import { Deadline } from '../deadline.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Timing } from '../timing.js';

const TIMEOUT_MS = 5_000;

/**
 * Waits for the last requests to a queue or worker, but not for ever: BullMQ's PostgreSQL back end neither answers nor
 * refuses a request while it closes, or afterwards. Then reports to `onError` that they are given up. Never rejects.
 */
export async function settleBeforeClose(requests: Promise<unknown>, queueName: string, { timing, onError }: { readonly timing: Timing; readonly onError: OnError }): Promise<void> {
  if (await new Deadline(TIMEOUT_MS, timing).settles(requests)) return;
  onError(new JobEventsServerError('BRIDGE_FAILED', `What became of the latest jobs of the queue '${queueName}' could not be reported: the queue or the store did not answer within ${TIMEOUT_MS} ms. Was the queue closed before, or is the store away?`));
}
