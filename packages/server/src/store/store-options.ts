import { JobEventsServerError } from '../server-errors.js';

const invalid = (message: string): JobEventsServerError => new JobEventsServerError('INVALID_OPTIONS', message);

/**
 * A time that an option gives, in whole ms.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` for what is not a finite number of at least `least`.
 */
export function readMs(name: string, ms: unknown, least = 1, why = ''): number {
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= least) return Math.ceil(ms);
  throw invalid(`${name} ${String(ms)}: give a number of milliseconds, at least ${least}${why && `, ${why}`}.`);
}

/** @throws JobEventsServerError `INVALID_OPTIONS` for what is not a whole number from 1. */
export function readCount(name: string, count: unknown): number {
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return count;
  throw invalid(`${name} ${String(count)}: give a whole number, at least 1.`);
}

/** Why a fence, and what stands in for one, stays for a day. */
export const DAY_MS = 86_400_000;
export const FENCED_FOR_A_DAY = 'so that nothing late brings an ended job back to life';
