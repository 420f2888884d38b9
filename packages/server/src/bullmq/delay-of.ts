import type { BridgedJob } from './bridged-queue.js';

export type Delay = { readonly delayedUntil?: string };

/** The end of the last year of four digits, in ms since 1970. A job that is delayed for longer is delayed for ever. */
const LAST_DATE = Date.UTC(10_000, 0) - 1;

/**
 * Until when the queue holds a delayed job back. It tells that in an event only (`heard`, ms since 1970); of a job that no
 * worker has had, it follows from its creation. Otherwise it is unknown.
 */
export function delayOf({ timestamp, delay = 0, processedOn }: Pick<BridgedJob, 'timestamp' | 'delay' | 'processedOn'>, heard: number | undefined): Delay {
  const until = heard ?? (processedOn || delay <= 0 ? undefined : timestamp + delay);
  return until === undefined || !(until > 0 && until <= LAST_DATE) ? {} : { delayedUntil: new Date(until).toISOString() };
}
