import type { ClientError } from '@notes/job-events-client';

import type { UntypedJob } from './untyped.js';

/** What is known about one job. With `T` in the place of its state, what is known about that. */
export type Pending<Name extends string, T> =
  | ({ readonly [N in Name]: T } & { readonly error: undefined; readonly isPending: false })
  | ({ readonly [N in Name]: undefined } & { readonly error: ClientError; readonly isPending: false })
  /** Pending: the server has not answered yet. Not pending: there is no job to ask for. */
  | ({ readonly [N in Name]: undefined } & { readonly error: undefined; readonly isPending: boolean });

export type UntypedJobState = Pending<'job', UntypedJob>;

export const IDLE = { job: undefined, error: undefined, isPending: false } as const;
export const PENDING = { job: undefined, error: undefined, isPending: true } as const;

const states = new WeakMap<object, UntypedJobState>();

/** The same object for the same job or error, so that a component renders again only for another one. */
function stateOf<K extends object>(key: K, make: (key: K) => UntypedJobState): UntypedJobState {
  const state = states.get(key) ?? make(key);
  states.set(key, state);
  return state;
}

export const knownJob = (job: UntypedJob): UntypedJobState => stateOf(job, () => ({ job, error: undefined, isPending: false }));

export const failedJob = (error: ClientError): UntypedJobState => stateOf(error, () => ({ job: undefined, error, isPending: false }));

/** The job as a server component or a loader knew it. */
export function initialState(initialJobs: readonly UntypedJob[], jobId: string | undefined): UntypedJobState | undefined {
  const job = initialJobs.find((initial) => initial.jobId === jobId);
  return job && knownJob(job);
}
