import type { AnyJobSnapshot } from '@notes/job-events-protocol';

/** What is reported of a job without having heard of its end. Its run may be alive, and know better. */
const CODES: ReadonlySet<string> = new Set(['WORKER_LOST', 'VANISHED']);

/** The code of the end that was guessed for a job, if that is how it ended. */
export function guessOf(current: Pick<AnyJobSnapshot, 'error'> | undefined): string | undefined {
  const code = current?.error?.code;
  return code !== undefined && CODES.has(code) ? code : undefined;
}
