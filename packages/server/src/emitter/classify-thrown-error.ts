import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { RunEnd } from './emit-payloads.js';
import { isShownError } from './error-describer.js';

export type OnThrow = (error: unknown) => RunEnd | Promise<RunEnd>;

/** What is said of a run whose function threw: what `onThrow` decides, or that the job has failed. */
export async function classifyThrownError(thrown: unknown, jobId: string, onThrow: OnThrow | undefined, onError: OnError): Promise<RunEnd> {
  try {
    if (onThrow !== undefined) return checked(await onThrow(thrown));
  } catch (cause) {
    onError(new JobEventsServerError('HANDLER_FAILED', `onThrow of job ${jobId} failed; the job counts as failed.`, { cause, jobId }));
  }
  return { end: 'failed' };
}

/** What a caller without types answers may be anything; the run has to end all the same. */
function checked(said: RunEnd): RunEnd {
  if (said.end === 'none' || said.end === 'queued') return said;
  const { end, error } = said;
  if ((error === undefined || isShownError(error)) && (end === 'failed' || end === 'retrying')) return said;
  throw new TypeError("onThrow must answer with { end: 'none' }, { end: 'queued' }, or with { end: 'failed' | 'retrying', error?: { code, message, retryable } }.");
}
