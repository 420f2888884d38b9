import { JobEventsServerError } from '../server-errors.js';

export const DAY_MS = 86_400_000;
export const FENCED_FOR_A_DAY = 'so that nothing late brings an ended job back to life';
/** A run sends a heartbeat every 5 s, and the store may be away for a while. */
export const LEAST_UNFINISHED_MS = 60_000;

/**
 * A time that an option gives, in whole ms.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` for what is not a finite number of at least `least`.
 */
export function readMs(name: string, ms: unknown, least = 1, why?: string): number {
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= least) return Math.ceil(ms);
  throw invalid(`${name} ${String(ms)}: give a number of milliseconds, at least ${least}${why === undefined ? '' : `, ${why}`}.`);
}

/** @throws JobEventsServerError `INVALID_OPTIONS` for what is not a whole number from 1. */
export function readCount(name: string, count: unknown): number {
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 1) return count;
  throw invalid(`${name} ${String(count)}: give a whole number, at least 1.`);
}

/** @throws JobEventsServerError `INVALID_OPTIONS` for what lacks a method. */
export function checkStore(name: string, store: unknown, method: string, example: string): void {
  if (typeof (store as Record<string, unknown> | null | undefined)?.[method] === 'function') return;
  throw invalid(`${name}: give a store, such as ${example}.`);
}

export const invalid = (message: string): JobEventsServerError => new JobEventsServerError('INVALID_OPTIONS', message);
