import type { ClientEventHandler } from './client-event-handler.js';
import { readRequest } from './read-requests.js';

/** Passes the wish on. What becomes of it comes as an event of the job, as everything does. */
export const handleCancel: ClientEventHandler<object> = async ({ access }, { identity, budget }, payload) => {
  const { jobId } = readRequest.cancel(payload);
  budget.takeReads(1);
  await access.cancel(identity, jobId);
  return {};
};
