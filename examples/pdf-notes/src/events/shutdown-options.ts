import type { UnstoredEnd } from '@notes/job-events-server';
import type { Logger } from 'pino';

/** For `JobEventsModule`: what a process does with its last words when it stops, in less time than it has for stopping. */
export const shutdownOptions = (logger: Logger) => ({
  closeTimeoutMs: 5_000,
  onUnstoredEnds: (ends: readonly UnstoredEnd[]): void =>
    logger.error({ ends }, 'The ends of these jobs could not be stored; the queue knows them, and emitter.restoreEnds takes them from this line'),
});
