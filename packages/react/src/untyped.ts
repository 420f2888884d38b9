import type { JobDefinition, JobSnapshot, WebSocketService } from '@notes/job-events-client';

// Inside, jobs have no contract: the public hooks say which type their caller asked for, whatever is registered.
type UntypedJobs = JobDefinition<string, string, undefined, undefined>;

export type UntypedClient = WebSocketService<UntypedJobs>;

export type UntypedJob = JobSnapshot<UntypedJobs>;
