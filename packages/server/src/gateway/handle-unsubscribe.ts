import type { ClientEventHandler } from './client-event-handler.js';
import { readRequest } from './read-requests.js';
import { roomOf } from './socket-session.js';

/** Leaving what one never joined succeeds too. */
export const handleUnsubscribe: ClientEventHandler<object> = async (services, session, payload) => {
  const { subscriptions } = readRequest.subscriptions(payload, services.limits.batchSize);
  for (const subscription of subscriptions) {
    if ('jobId' in subscription) session.owedJobIds.delete(subscription.jobId);
    await session.socket.leave(roomOf(subscription));
  }
  return {};
};
