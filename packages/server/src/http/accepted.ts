import type { ServerResponse } from 'node:http';
import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { sendResponse } from './node-handler.js';
import { acceptedResponse } from './snapshot-response.js';

/** The answer to a request that began a job. */
export interface AcceptedJob<Job> {
  readonly job: Job;
  /** 202 with `Location`, `Retry-After`, and the snapshot as JSON. Can be read once. */
  readonly response: Response;
  /** Sends it through Node's `http` or Express; resolves when it has been written. */
  send(response: ServerResponse): Promise<void>;
}

/** `body` adds fields to the JSON; those of the snapshot win. */
export function acceptedJob<Job extends AnyJobSnapshot>(job: Job, statusPath: string, body?: object): AcceptedJob<Job> {
  const response = acceptedResponse(job, `${statusPath}/${encodeURIComponent(job.jobId)}`, body);
  return { job, response, send: (target) => sendResponse(response.clone(), target) };
}
