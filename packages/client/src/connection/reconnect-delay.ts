import { LONGEST_DELAY_MS, SHORTEST_DELAY_MS } from '../limits.js';

/**
 * How long to wait before the next attempt: anywhere between 0.5 s and a limit that doubles with each failure, from 2 s
 * up to 30 s. Full jitter, so that thousands of clients that lost one server do not come back at once.
 *
 * @param failures Failures in a row, from 1.
 * @param random A number from 0 up to, not including, 1.
 */
export function reconnectDelay(failures: number, random: number): number {
  return SHORTEST_DELAY_MS + random * (Math.min(LONGEST_DELAY_MS, 1_000 * 2 ** failures) - SHORTEST_DELAY_MS);
}
