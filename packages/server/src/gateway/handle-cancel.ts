import type { ClientEventHandler } from './client-event-handler.js';
import { readRequest } from './read-requests.js';

/** Passes the wish on. What becomes of it comes as an event of the job, as everything does. */
export const handleCancel: ClientEventHandler<object> = async ({ access }, { identity }, payload) => {
  await access.cancel(identity, readRequest.cancel(payload).jobId);
  return {};
};
