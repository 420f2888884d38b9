import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { JobEventsServerError } from '../server-errors.js';
import type { ThrottleOptions } from './emitter-options.js';

/** How often progress of one job goes out. */
export interface Throttle {
  /** The least time between two events, in ms. */
  readonly intervalMs: number;
  /** The least difference between two events, in percentage points. */
  readonly stepPercent: number;
}

/** @throws JobEventsServerError `INVALID_OPTIONS` */
export function readThrottle({ intervalMs = 100, stepPercent = intervalMs === 0 ? 0 : 1 }: ThrottleOptions = {}): Throttle {
  if (intervalMs >= 0 && stepPercent >= 0 && stepPercent <= 100) return { intervalMs, stepPercent };
  throw new JobEventsServerError('INVALID_OPTIONS', 'throttle: intervalMs must be a number of milliseconds from 0, stepPercent a number from 0 to 100.');
}

/** After so long a silence, in ms, the last value goes out even if it makes no step. */
export const SILENCE_MS = 1_000;

/** What of a state decides whether it can wait. */
export type Shown = Pick<AnyJobSnapshot, 'stage' | 'progress' | 'message'>;

export interface Sent {
  readonly shown: Shown;
  readonly at: number;
}

/**
 * When a state of a job should go out, on the clock of its arguments. Pure.
 *
 * - The first state and every new stage: at once.
 * - A step of the percentage: at the earliest `intervalMs` after the last event.
 * - A new message without a step: at the latest a second after the last event, so that a text does not stay wrong.
 * - Anything else: as the last value before a silence of a second.
 *
 * @param sent What went out last, if anything did.
 * @param saidAt When the state was reported.
 */
export function dueAt(sent: Sent | undefined, state: Shown, saidAt: number, { intervalMs, stepPercent }: Throttle): number {
  if (sent === undefined || sent.shown.stage !== state.stage) return saidAt;
  const earliest = Math.max(saidAt, sent.at + intervalMs);
  if (Math.abs(state.progress - sent.shown.progress) >= stepPercent) return earliest;
  if (state.message !== sent.shown.message) return Math.max(earliest, sent.at + SILENCE_MS);
  return Math.max(earliest, saidAt + SILENCE_MS);
}
