import type { ClientEventHandler } from './client-event-handler.js';
import { readRequest } from './read-requests.js';
import { keyOf } from './socket-session.js';

/** Leaving what one never joined succeeds too, and what is about to be joined is not joined any more. */
export const handleUnsubscribe: ClientEventHandler<object> = async (services, session, payload) => {
  const { subscriptions } = readRequest.subscriptions(payload, services.limits.batchSize);
  session.forgo(subscriptions.map(keyOf));
  for (const subscription of subscriptions) {
    if ('jobId' in subscription) session.owedJobIds.delete(subscription.jobId);
    await session.leave(subscription);
  }
  return {};
};
