import { isFinal } from '@notes/job-events-client';

import type { UserSession } from './user-session.js';

let isMentioned = false;

/**
 * In development: says once on the console that a job ended without a callback because nobody had tracked it, which is
 * right in a second tab and puzzling in the first.
 */
export function mentionUntrackedEnd(session: UserSession): (() => void) | undefined {
  if (process.env.NODE_ENV === 'production' || isMentioned) return undefined;
  const seenUnfinished = new Set<string>();
  return session.subscribe(() => {
    for (const { jobId, status } of session.client.getJobs()) {
      if (!isFinal(status)) seenUnfinished.add(jobId);
      else if (seenUnfinished.delete(jobId) && !session.client.isTracked(jobId) && !isMentioned) {
        isMentioned = true;
        // oxlint-disable-next-line no-console -- for the developer at the browser, who has no logger there
        console.info(
          `useJobWebSocket: job ${jobId} has ended (${status}), and no callback was called, because this tab did not track ` +
            `it. Call trackJob('${jobId}') where the job is begun, or use callbacks: 'all'. This is said once.`,
        );
      }
    }
  });
}
