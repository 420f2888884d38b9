import { JobEventsError, type AnyJobSnapshot, type JobSnapshot, type RegisteredJobs } from '@notes/job-events-protocol';
import { createStatusClient } from './transport/status-client.js';

export interface FetchJobsOptions {
  /** The whole URL of the status endpoint, such as `https://api.example.com/api/jobs`. */
  readonly statusUrl: string;
  /** Goes out as a bearer token. */
  readonly token?: string | undefined;
  /** Such as the cookies of the request that is being answered. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The caller's unfinished and lately finished jobs over HTTP, newest first, for server components, loaders and scripts.
 * Keeps nothing and opens no connection; what it gives fits `initialJobs` of the React provider.
 *
 * @throws JobEventsError with the server's code when it refuses, `NO_ANSWER` when it is not reached.
 */
export async function fetchJobs<J = RegisteredJobs>(options: FetchJobsOptions): Promise<readonly JobSnapshot<J>[]> {
  const status = createStatusClient({ ...options, token: async () => options.token });
  const jobs: AnyJobSnapshot[] = [];
  let cursor: string | undefined;
  for (let more = true; more; ) {
    const answer = await status.sync({ list: true, cursor });
    if (!answer.ok) throw new JobEventsError(answer.error.code, answer.error.message);
    jobs.push(...answer.snapshots);
    more = answer.more === true && answer.cursor !== cursor;
    cursor = answer.cursor;
  }
  return jobs as unknown as readonly JobSnapshot<J>[];
}
