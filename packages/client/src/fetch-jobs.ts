import type { JobSnapshot, RegisteredJobs } from '@notes/job-events-protocol';
export interface FetchJobsOptions {
  readonly statusUrl: string;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly fetch?: typeof fetch | undefined;
  readonly signal?: AbortSignal | undefined;
}
export declare function fetchJobs<J = RegisteredJobs>(options: FetchJobsOptions): Promise<readonly JobSnapshot<J>[]>;
