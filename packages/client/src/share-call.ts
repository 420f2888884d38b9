import { TOKEN_MS } from './limits.js';
import type { Timing } from './timing.js';

/**
 * Makes callers that ask at the same time share one call, for what must not run twice at once, such as a refresh token
 * that may be used once. A call that has settled is not remembered, and one that has not after 5 s is shared no more.
 */
export function shareCall<T>(timing: Timing, call: () => Promise<T>): () => Promise<T> {
  let pending: { readonly answer: Promise<T>; readonly since: number } | undefined;
  return () => {
    // Wall time, because the monotonic clock of a sleeping device may stand still.
    if (!pending || Math.abs(timing.now() - pending.since) >= TOKEN_MS) {
      const mine = { answer: call(), since: timing.now() };
      const forget = () => {
        if (pending === mine) pending = undefined;
      };
      pending = mine;
      mine.answer.then(forget, forget);
    }
    return pending.answer;
  };
}
