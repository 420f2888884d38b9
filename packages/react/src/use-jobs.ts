import type { DefinitionIn, JobSnapshot, JobStatus, RegisteredJobs, TypeOf } from '@notes/job-events-client';
import { useMemo } from 'react';

import { keepEqual } from './keep-equal.js';
import type { UntypedJob } from './untyped.js';
import { useHookScope, useSessionValue } from './use-hook-scope.js';

/** Which of the jobs are wanted: those of one status or type, or of any in a list. Absent: any. */
export interface JobFilter<Type = string, Status = JobStatus> {
  readonly status?: Status | readonly Status[] | undefined;
  readonly type?: Type | readonly Type[] | undefined;
}

/**
 * All jobs of the user that are unfinished or have recently finished and were not dismissed, newest `createdAt` first;
 * with a filter those that match. Needs a provider, or a `useJobWebSocket` that is mounted. Renders again when one of the
 * jobs in it changes; for one row of a list use `useJob`.
 *
 * With `select`, the result is what it returns, and the component renders again only when that has changed: compared
 * with `Object.is`, and an array by its elements.
 *
 * @example
 * const running = useJobs({ status: ['queued', 'active'] });
 * const failures = useJobs({ status: 'failed' }, (jobs) => jobs.length);
 */
export function useJobs<
  J = RegisteredJobs,
  const Type extends TypeOf<DefinitionIn<J>> = TypeOf<DefinitionIn<J>>,
  const Status extends JobStatus = JobStatus,
>(filter?: JobFilter<Type, Status>): readonly (JobSnapshot<J> & { readonly type: Type; readonly status: Status })[];
export function useJobs<R, J = RegisteredJobs>(
  filter: JobFilter<TypeOf<DefinitionIn<J>>> | undefined,
  select: (jobs: readonly JobSnapshot<J>[]) => R,
): R;
export function useJobs(filter: JobFilter = {}, select?: (jobs: readonly never[]) => unknown): unknown {
  const scope = useHookScope();
  // By its contents: a filter is written inline.
  const wanted = JSON.stringify([filter.status, filter.type]);
  const read = useMemo(() => createReader(wanted, select), [wanted, select]);
  return useSessionValue(scope, ({ client }) => read(client.getJobs()), read);
}

const matches = (wanted: string | string[] | null | undefined, value: string | undefined): boolean =>
  !wanted || [wanted].flat().includes(value!);

/** Reads what is wanted from the jobs; the same value as long as it is equal. */
function createReader(wanted: string, select: ((jobs: readonly never[]) => unknown) | undefined) {
  const [status, type] = JSON.parse(wanted) as (string | string[] | null)[];
  const keep = keepEqual<unknown>();
  let last: readonly UntypedJob[] | undefined;
  let value: unknown;
  return (jobs: readonly UntypedJob[]): unknown => {
    if (jobs === last) return value;
    last = jobs;
    const matching = status || type ? jobs.filter((job) => matches(status, job.status) && matches(type, job.type)) : jobs;
    return (value = keep(select ? select(matching as readonly never[]) : matching));
  };
}
