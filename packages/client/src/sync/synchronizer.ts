import { JobEventsError, type AnyJobSnapshot, type SubscribeAnswer, type SyncRequest } from '@notes/job-events-protocol';
import type { ConnectionDriver } from '../connection/connection-driver.js';
import { createAlarm, type Timing } from '../timing.js';
import type { StatusAnswer, StatusClient } from '../transport/status-client.js';
import { AFTER_SUBSCRIBING_MS, FIRST_POLL_MS, GRACE_MS, LAST_POLL_MS, MOST_JOBS, UNKNOWN_ANSWERS, WITHOUT_JOBS_MS, WITH_JOBS_MS } from '../limits.js';

export interface SynchronizerOptions {
  readonly timing: Timing;
  readonly pollingOnly: boolean;
  readonly driver: Pick<ConnectionDriver, 'state' | 'request'>;
  readonly status: Pick<StatusClient, 'sync'>;
  readonly unfinished: () => readonly AnyJobSnapshot[];
  /** The jobs that are asked for by id and of which nothing has been seen. */
  readonly unseen: () => readonly string[];
  readonly followsUser: () => boolean;
  /** Takes states over; says whether any was new. */
  readonly receive: (snapshots: readonly AnyJobSnapshot[]) => boolean;
  /** Several answers in a row did not know the job. */
  readonly onUnknown: (jobId: string) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Compares what the client knows with what the server knows, again and again: an end that was lost leaves no gap behind
 * that could reveal it. While CONNECTED it sends `sync`; while not, it asks over HTTP.
 */
export interface Synchronizer {
  /** The connection came or went. */
  restart(): void;
  /** Jobs or subscriptions came or went. */
  adjust(): void;
  /** Something was subscribed; `cursor` and `more` as in the answer. */
  subscribed(answer: Pick<SubscribeAnswer, 'cursor' | 'more'>): void;
  now(): Promise<void>;
}

export function createSynchronizer(options: SynchronizerOptions): Synchronizer {
  const { timing, pollingOnly, driver, status, unfinished, unseen, followsUser, receive, onUnknown, onError } = options;
  const alarm = createAlarm(timing);
  /** How often each job was unknown in a row. */
  const misses = new Map<string, number>();
  let cursor: string | undefined;
  let rotation = 0;
  let pollMs = FIRST_POLL_MS;
  /** The interval that the alarm is set for. */
  let armed: number | undefined;
  /** The round that counts; the answers of others come too late. */
  let round = 0;
  let subscribedAt = -Infinity;

  const isConnected = () => driver.state === 'CONNECTED';
  /** Give or take 20 %, so that clients which began together do not stay together. */
  const jittered = (ms: number) => ms * (0.8 + 0.4 * timing.random());

  /** How long to wait between two rounds; 0 where there is nothing to ask for. */
  function interval(): number {
    if (driver.state === 'DISCONNECTED') return 0;
    const hasJobs = unfinished().length > 0;
    if (pollingOnly || !isConnected()) return hasJobs || unseen()[0] || (pollingOnly && followsUser()) ? pollMs : 0;
    if (hasJobs) return WITH_JOBS_MS;
    return followsUser() ? WITHOUT_JOBS_MS : 0;
  }

  /** `orSooner`: what is due is not put off, or it would never come where something is always happening. */
  function arm(ms?: number, orSooner?: boolean): void {
    armed = interval();
    if (armed) alarm(ms ?? jittered(armed), sync, orSooner);
    else alarm();
  }

  /** At most 200 jobs; where there are more, others the next time. */
  function nextJobs(): SyncRequest['jobs'] {
    const all = unfinished();
    if (rotation >= all.length) rotation = 0;
    const part = all.slice(rotation, (rotation += MOST_JOBS));
    return part.map(({ jobId, version }) => ({ jobId, version }));
  }

  function countMisses(jobs: SyncRequest['jobs'], unknown: readonly string[]): void {
    for (const { jobId } of jobs) {
      const count = unknown.includes(jobId) ? (misses.get(jobId) ?? 0) + 1 : 0;
      misses.set(jobId, count);
      if (count % UNKNOWN_ANSWERS === 0) misses.delete(jobId);
      if (count === UNKNOWN_ANSWERS) onUnknown(jobId);
    }
  }

  const ask = (jobs: SyncRequest['jobs']): Promise<StatusAnswer> =>
    isConnected()
      ? driver.request('sync', { jobs, ...(cursor !== undefined && { cursor }) })
      : status.sync({ jobs: [...jobs, ...unseen().map((jobId) => ({ jobId }))] });

  async function sync(): Promise<void> {
    const mine = ++round;
    const startedAt = timing.monotonic();
    alarm();
    let jobs = nextJobs();
    let isNews = false;
    let retryAfterMs = 0;
    try {
      for (let more = true; more; jobs = []) {
        const before = cursor;
        const answer = await ask(jobs);
        if (mine !== round) return;
        retryAfterMs = answer.retryAfterMs ?? (answer.ok ? undefined : answer.error.retryAfterMs) ?? 0;
        if (!answer.ok) {
          onError(new JobEventsError(answer.error.code, answer.error.message));
          break;
        }
        isNews = receive(answer.snapshots) || isNews;
        countMisses(jobs, answer.unknown);
        cursor = answer.cursor ?? cursor;
        // As long as it goes forward: jobs that were owed come without moving the cursor.
        more = answer.more === true && (cursor !== before || answer.snapshots.length > 0);
      }
    } catch {
      // Nobody answered. Over the socket the connection is lost by that, which shows in the state; over HTTP the next
      // poll tries again.
    }
    if (mine !== round) return;
    pollMs = isNews ? FIRST_POLL_MS : Math.min(LAST_POLL_MS, pollMs * 1.5);
    const isFirstOwed = startedAt - subscribedAt < AFTER_SUBSCRIBING_MS;
    arm(Math.max(retryAfterMs, isFirstOwed ? AFTER_SUBSCRIBING_MS : jittered(interval())));
  }

  return {
    restart() {
      round++;
      pollMs = FIRST_POLL_MS;
      arm(isConnected() ? undefined : GRACE_MS);
    },
    adjust() {
      if (interval() !== armed) arm(undefined, true);
    },
    subscribed(answer) {
      // A list begins anew; an answer to what was asked before must not move the cursor past the rest of it.
      if (answer.cursor !== undefined) round++;
      cursor = answer.cursor ?? cursor;
      subscribedAt = timing.monotonic();
      arm(answer.more ? 0 : AFTER_SUBSCRIBING_MS, true);
    },
    now: sync,
  };
}
