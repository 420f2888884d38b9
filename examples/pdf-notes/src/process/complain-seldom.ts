import type { Logger } from 'pino';

const EVERY_MS = 10_000;

/**
 * Logs errors that come several times a second for as long as a server is away: the first one at once, then one every
 * 10 s, each with the number of those that were not.
 */
export function complainSeldom(logger: Logger, message: string, now: () => number = () => performance.now()): (error: Error) => void {
  let last = -Infinity;
  let unsaid = 0;
  return (error) => {
    if (now() - last < EVERY_MS) {
      unsaid += 1;
      return;
    }
    logger.warn({ err: error, ...(unsaid > 0 && { unsaid }) }, message);
    last = now();
    unsaid = 0;
  };
}
