import type { ClientError } from '@notes/job-events-client';
import { createContext, version, type Context } from 'react';

import { shared } from './shared-across-builds.js';
import type { StageLabels } from './stage-label.js';
import type { UntypedJob } from './untyped.js';
import type { UserSession } from './user-session.js';

/** Whose jobs a hook shows: a user's, nobody's (`null`), or those of whoever is followed at the moment (`undefined`). */
export type WantedUser = string | null | undefined;

/** What a hook stands on. */
export interface HookScope {
  readonly session: UserSession;
  readonly userId: WantedUser;
  /** Why nobody is followed although a user was given. */
  readonly error: ClientError | undefined;
  /** What a server component or a loader knew about the user's jobs; nobody else's. */
  readonly initialJobs: readonly UntypedJob[];
}

export interface JobEventsContextValue extends HookScope {
  readonly stageLabels: StageLabels | undefined;
}

export const NO_JOBS: readonly never[] = [];

/** One for both builds. Two versions of React on one page cannot share a context. */
export const JobEventsContext = (shared.contexts[version] ??= createContext<JobEventsContextValue | undefined>(
  undefined,
)) as Context<JobEventsContextValue | undefined>;
