import { createContext } from 'react';

import type { StageLabels } from './stage-label.js';
import type { UntypedJob } from './untyped.js';
import type { UserSession } from './user-session.js';

/** Whose jobs a hook shows: a user's, nobody's (`null`), or those of whoever is followed at the moment (`undefined`). */
export type WantedUser = string | null | undefined;

/** What a hook stands on. */
export interface HookScope {
  readonly session: UserSession;
  readonly userId: WantedUser;
  /** What a server component or a loader knew about the user's jobs; nobody else's. */
  readonly initialJobs: readonly UntypedJob[];
}

export interface JobEventsContextValue extends HookScope {
  readonly stageLabels: StageLabels | undefined;
}

export const NO_JOBS: readonly never[] = [];

export const JobEventsContext = createContext<JobEventsContextValue | undefined>(undefined);
