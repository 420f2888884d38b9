import { followedJobsOf } from './followed-jobs.js';
import { invalidId } from './invalid-id.js';
import type { HookScope } from './job-events-context.js';
import { failedJob, IDLE, initialState, PENDING, type UntypedJobState } from './job-state.js';
import { isShown, jobsBeforeFollowing } from './use-hook-scope.js';

/** What `useSyncExternalStore` reads one job from. */
interface JobSource {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => UntypedJobState;
  /** On a server, and while a page from there is taken over. */
  readonly readInitial: () => UntypedJobState;
}

/** One source instead of a hook for each part: a row among thousands keeps little. */
export function createJobSource({ session, userId, error: userError, initialJobs }: HookScope, jobId: string | null | undefined): JobSource {
  const invalid = invalidId('jobId', jobId);
  if (invalid || jobId == null || userId === null) {
    const error = invalid ?? (jobId == null ? undefined : userError);
    const read = () => (error ? failedJob(error) : IDLE);
    const subscribe = () => {
      if (invalid) session.report(invalid);
      return () => {};
    };
    return { subscribe, read, readInitial: read };
  }
  const { follow, stateOf } = followedJobsOf(session);
  const before = (jobs: typeof initialJobs) => initialState(jobs, jobId) ?? (userId === undefined ? IDLE : PENDING);
  return {
    subscribe: (listener) => follow(jobId, listener),
    read: () => (isShown(session, userId) ? stateOf(jobId) : before(jobsBeforeFollowing(session, initialJobs))),
    readInitial: () => before(initialJobs),
  };
}
