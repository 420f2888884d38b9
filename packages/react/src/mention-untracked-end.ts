import { isFinal } from '@notes/job-events-client';

import type { UserSession } from './user-session.js';

const watched = new WeakSet<UserSession>();

/**
 * For development: says once on the console that a job ended without a callback because nobody had tracked it, which is
 * right in a second tab and puzzling in the first.
 */
export function mentionUntrackedEnd(session: UserSession): void {
  if (watched.has(session)) return;
  watched.add(session);
  const seenUnfinished = new Set<string>();
  const { client } = session;
  const stop = session.subscribe((jobIds = new Set(client.getJobs().map(({ jobId }) => jobId))) => {
    for (const jobId of jobIds) {
      const status = client.getJob(jobId)?.status;
      if (!status) seenUnfinished.delete(jobId);
      else if (!isFinal(status)) seenUnfinished.add(jobId);
      else if (seenUnfinished.delete(jobId) && !client.isTracked(jobId)) {
        stop();
        // oxlint-disable-next-line no-console -- for the developer at the browser, who has no logger there
        return console.info(
          `useJobWebSocket: job ${jobId} has ended (${status}), and no callback was called, because this tab did not track ` +
            `it. Call trackJob('${jobId}') where the job is begun, or use callbacks: 'all'. This is said once.`,
        );
      }
    }
  });
}
