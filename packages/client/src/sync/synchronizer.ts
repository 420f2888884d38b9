import type { AnyJobSnapshot, SyncRequest } from '@notes/job-events-protocol';
import type { ConnectionState } from '../connection/connection-state.js';
import { createAlarm, jittered, type Timing } from '../timing.js';
import type { StatusAnswer, StatusClient } from '../transport/status-client.js';
import type { Request } from '../transport/transport.js';

const AFTER_SUBSCRIBING_MS = 1_000;
const WITH_JOBS_MS = 10_000;
const WITHOUT_JOBS_MS = 60_000;
const GRACE_MS = 2_000;
const FIRST_POLL_MS = 2_000;
const LAST_POLL_MS = 10_000;
const UNKNOWN_ANSWERS = 3;
/** `LIMITS.syncJobs`, without bringing the other limits into every browser. */
const MOST_JOBS = 200;

export interface SynchronizerOptions {
  readonly timing: Timing;
  readonly pollingOnly: boolean;
  readonly state: () => ConnectionState;
  readonly request: Request;
  readonly status: StatusClient;
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
  subscribed(answer: { readonly cursor?: string; readonly more?: boolean }): void;
  now(): void;
}

export function createSynchronizer(options: SynchronizerOptions): Synchronizer {
  const { timing, pollingOnly, state, request, status, unfinished, unseen, followsUser, receive, onUnknown, onError } = options;
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

  function interval(): number | undefined {
    if (state() === 'DISCONNECTED') return undefined;
    const withJobs = unfinished().length > 0;
    if (pollingOnly || state() !== 'CONNECTED')
      return withJobs || unseen().length > 0 || (pollingOnly && followsUser()) ? pollMs : undefined;
    if (withJobs) return WITH_JOBS_MS;
    return followsUser() ? WITHOUT_JOBS_MS : undefined;
  }

  function arm(ms: number | undefined): void {
    armed = interval();
    if (armed === undefined) alarm.clear();
    else alarm.set(ms ?? jittered(timing, armed), () => void sync());
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
      if (count === 0 || count >= UNKNOWN_ANSWERS) misses.delete(jobId);
      else misses.set(jobId, count);
      if (count >= UNKNOWN_ANSWERS) onUnknown(jobId);
    }
  }

  async function sync(): Promise<void> {
    const mine = ++round;
    alarm.clear();
    let jobs = nextJobs();
    let isNews = false;
    let retryAfterMs = 0;
    try {
      for (let more = true; more; jobs = []) {
        const before = cursor;
        const answer: StatusAnswer = await (state() === 'CONNECTED'
          ? request('sync', { jobs, ...(cursor !== undefined && { cursor }) })
          : status.sync({ jobs, ids: unseen() }));
        if (mine !== round) return;
        retryAfterMs = answer.retryAfterMs ?? 0;
        if (!answer.ok) {
          onError(answer.error);
          break;
        }
        if (receive(answer.snapshots)) isNews = true;
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
    arm(Math.max(retryAfterMs, jittered(timing, interval() ?? 0)));
  }

  return {
    restart() {
      round++;
      pollMs = FIRST_POLL_MS;
      arm(state() === 'CONNECTED' ? undefined : GRACE_MS);
    },
    adjust() {
      if (interval() !== armed) arm(undefined);
    },
    subscribed(answer) {
      round++;
      cursor = answer.cursor ?? cursor;
      arm(answer.more ? 0 : AFTER_SUBSCRIBING_MS);
    },
    now: () => void sync(),
  };
}
