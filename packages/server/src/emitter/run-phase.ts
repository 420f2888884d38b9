import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { WriteResult } from '../store/job-store.js';
import type { LivingRun } from './heartbeats.js';
import { guessOf } from '../store/guessed-end.js';
import type { ReportedState } from './reported-state.js';

/**
 * Where a run is. `waiting`: the store has not been reached, so there is no version to report under. `reporting`: it has
 * begun. `overtaken`: a later run has begun. `taken-for-lost`: its job was ended because nothing was heard of it. `ended`: it has reported its end, or others have reported one for it.
 * `unreported`: the emitter is closed; the work goes on.
 */
export type RunPhase =
  | { readonly kind: 'waiting' }
  | ReportingRun
  | { readonly kind: 'overtaken' }
  | { readonly kind: 'taken-for-lost'; readonly snapshot: AnyJobSnapshot; readonly code: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'unreported' };

export interface ReportingRun {
  readonly kind: 'reporting';
  readonly reported: ReportedState;
  readonly life: LivingRun;
}

/** Whether the store's answer to a report shows that the run does not hold its job any more. */
export function isOutdated(reported: AnyJobSnapshot, result: Exclude<WriteResult, { outcome: 'foreign-owner' }>): boolean {
  if (result.outcome === 'stored') return false;
  const [attempt, rank] = result.record.snapshot.version;
  return result.outcome === 'stale-run' || attempt > reported.version[0] || rank > reported.version[1];
}

/** Where a run that reported this is when it does not hold its job any more. `current` is `undefined` where the store does not know the job. */
export function phaseAfterLosing(snapshot: AnyJobSnapshot, current: AnyJobSnapshot | undefined): RunPhase {
  const [attempt] = snapshot.version;
  const code = guessOf(current);
  if (code !== undefined && current?.version[0] === attempt) return { kind: 'taken-for-lost', snapshot, code };
  const isEndedByOthers = current !== undefined && current.version[0] <= attempt && current.version[1] > 0;
  return { kind: isEndedByOthers ? 'ended' : 'overtaken' };
}
