import { QUEUED_VERSION } from '@notes/job-events-protocol';
import type { ConnectionDriver } from '../connection/connection-driver.js';
import type { JobTable } from '../jobs/job-table.js';
import { AFTER_SUBSCRIBING_MS, LIST_ROUNDS, POLL_LIST_MS, POLL_MS, WITH_JOBS_MS, WITHOUT_JOBS_MS } from '../limits.js';
import type { SubscriptionRegistry } from '../subscriptions/subscription-registry.js';
import type { SynchronizerOptions } from './synchronizer.js';

/** Which jobs are compared with the server, and how often: over HTTP every few seconds, beside a connection that brings events seldom. */
export function planSync(
  driver: ConnectionDriver,
  registry: SubscriptionRegistry,
  table: JobTable,
  pollingOnly: boolean,
): Pick<SynchronizerOptions, 'firstMs' | 'interval' | 'known'> {
  const isOverHttp = () => pollingOnly || driver.state !== 'CONNECTED';
  /** Jobs whose first state no subscription brings. */
  const unseen = () => registry.jobIds(!isOverHttp()).filter((jobId) => !table.find(jobId));
  return {
    // An event may overtake the answer to a subscription; over HTTP there are none.
    firstMs: pollingOnly ? POLL_MS : AFTER_SUBSCRIBING_MS,
    interval() {
      if (driver.state === 'DISCONNECTED') return 0;
      const [withJobs, withoutJobs] = isOverHttp() ? [POLL_MS, POLL_LIST_MS] : [WITH_JOBS_MS, WITHOUT_JOBS_MS];
      return table.hasUnfinished || unseen()[0] ? withJobs : registry.user ? withoutJobs : 0;
    },
    known: (round) => [
      // Over HTTP the list brings what became of the user's own; that one of them is gone only shows where it is named.
      ...table.unfinished().filter(({ jobId }) => !isOverHttp() || !registry.user || registry.holds(jobId) || round % LIST_ROUNDS === 0),
      ...unseen().map((jobId) => ({ jobId, version: QUEUED_VERSION })),
    ],
  };
}
