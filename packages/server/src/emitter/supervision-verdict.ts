import type { UnfinishedJob } from '../store/job-record.js';
import type { SuperviseOptions } from '../store/job-store.js';

export interface SupervisionTimes {
  readonly stalledAfterMs: number;
  readonly workerLostAfterMs: number | false;
}

/** How long a run has sent no heartbeat, as far as anybody knows. All in ms. */
export interface Silence {
  /** Since its last heartbeat, on the store's clock. Says nothing after that clock has stepped. */
  readonly storedMs: number;
  /** This process has seen the same last heartbeat for so long. */
  readonly seenMs: number;
  /** For so long a heartbeat would have arrived, and its time have been right. */
  readonly steadyMs: number;
}

/** Before a job ends, so long is waited for another heartbeat, in ms: twice their interval. */
const AWAITED_MS = 10_000;

/**
 * What becomes of a job whose run is silent (specification, section 1.3, rule 9); `undefined`: nothing. Silence counts only
 * while a heartbeat could arrive: neither an outage of the store nor a step of its clock makes a run silent, nor hides that
 * it is. A store that was restored from an earlier state shows old heartbeats of living runs, so no job ends at first sight.
 * Pure.
 */
export function verdictOf({ snapshot, queueJob }: UnfinishedJob, { storedMs, seenMs, steadyMs }: Silence, { stalledAfterMs, workerLostAfterMs }: SupervisionTimes): SuperviseOptions['as'] | undefined {
  const silentMs = Math.min(steadyMs, Math.max(storedMs, seenMs));
  if (silentMs < stalledAfterMs) return undefined;
  const isAwaited = seenMs >= AWAITED_MS;
  if (queueJob === undefined && isAwaited && workerLostAfterMs !== false && silentMs >= workerLostAfterMs) return 'lost';
  if (queueJob === undefined && snapshot.cancelRequested) return isAwaited ? 'cancelled' : undefined;
  return snapshot.stalled ? undefined : 'stalled';
}
