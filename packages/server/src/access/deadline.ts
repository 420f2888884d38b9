import type { Timing } from '../timing.js';
import { tryAgain } from './wire-fault.js';

/**
 * Settles as `work` does, or rejects with "try again" after `ms`. The work itself goes on; what it rejects with
 * afterwards is nobody's concern any more.
 */
export function withinDeadline<T>(work: Promise<T>, ms: number, timing: Timing): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = timing.setTimeout(() => reject(tryAgain(`no result within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => timing.clearTimeout(timer));
  });
}
