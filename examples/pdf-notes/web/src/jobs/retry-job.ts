import { requestJson } from '../http/request-json.js';

/** Asks for another attempt of a job that has failed or was cancelled. Its progress comes the usual way. */
export async function retryJob(jobId: string): Promise<void> {
  await requestJson(`/jobs/${encodeURIComponent(jobId)}/retry`, { method: 'POST' });
}
