import { JobEventsError, QUEUED_VERSION, type SubscribeAnswer, type SyncRequest } from '@notes/job-events-protocol';
import { GRACE_MS, LONGEST_DELAY_MS, MOST_JOBS, UNKNOWN_ANSWERS } from '../limits.js';
import { createAlarm, type Timing } from '../timing.js';
import type { StatusAnswer } from '../transport/status-client.js';

/** What is compared, how often, and over which way is for others to say. */
export interface SynchronizerOptions {
  readonly timing: Timing;
  readonly isConnected: () => boolean;
  /** From a subscription to the next round, in ms. */
  readonly firstMs: number;
  /** Between two rounds, in ms; 0 where there is nothing to ask for. */
  readonly interval: () => number;
  /** The jobs that this round may name; as queued those that were never seen. */
  readonly known: (round: number) => SyncRequest['jobs'];
  readonly ask: (jobs: SyncRequest['jobs'], cursor: string | undefined) => Promise<StatusAnswer>;
  readonly onAnswer: (answer: StatusAnswer & { readonly ok: true }) => void;
  /** An answer did not know a job that was never seen: it may still come into being. */
  readonly onMissing: (jobId: string) => void;
  /** Several answers in a row did not know the job. */
  readonly onUnknown: (jobId: string) => void;
  /** The server answers again after it did not. */
  readonly onBack: () => void;
  /** Once for each way of failing, until a round succeeds. */
  readonly onError: (error: unknown) => void;
}

/**
 * Compares what the client knows with what the server knows, again and again: an end that was lost leaves no gap behind
 * that could reveal it.
 */
export interface Synchronizer {
  /** The connection came or went. */
  restart(): void;
  /** Jobs or subscriptions came or went. */
  adjust(): void;
  /** The user is not followed any more: whoever is next has a list that begins anew. */
  forgetList(): void;
  /** Something was subscribed; `cursor` and `more` as in the answer. */
  subscribed(answer: Pick<SubscribeAnswer, 'cursor' | 'more'>): void;
  now(): void;
}

export function createSynchronizer(options: SynchronizerOptions): Synchronizer {
  const { timing, isConnected, firstMs, interval, known, ask, onAnswer, onMissing, onUnknown, onBack, onError } = options;
  const alarm = createAlarm(timing);
  /** How often each job was unknown in a row. */
  const misses = new Map<string, number>();
  let cursor: string | undefined;
  let rotation = 0;
  /** The interval that the alarm is set for. */
  let armed: number | undefined;
  /** The round that counts; the answers of others come too late. */
  let round = 0;
  let subscribedAt = -Infinity;
  /** Since when rounds have been failing, and in which ways. */
  let failingSince: number | undefined;
  const toldCodes = new Set<unknown>();
  /** On the monotonic clock: the server asked to be left alone until then. */
  let notBefore = 0;

  /** Give or take 20 %, so that clients which began together do not stay together. */
  const jittered = (ms: number) => ms * (0.8 + 0.4 * timing.random());

  /** `orSooner`: what is due is not put off, or it would never come where something is always happening. */
  function arm(ms?: number, orSooner?: boolean): void {
    armed = interval();
    if (armed) alarm(Math.max(ms ?? jittered(armed), notBefore - timing.monotonic()), sync, orSooner);
    else alarm();
  }

  /** At most 200 jobs; where there are more, others the next time. */
  function nextJobs(): SyncRequest['jobs'] {
    const all = known(round);
    if (rotation >= all.length) rotation = 0;
    const part = all.slice(rotation, (rotation += MOST_JOBS));
    return part.map(({ jobId, version }) => ({ jobId, version }));
  }

  function countMisses(jobs: SyncRequest['jobs'], unknown: readonly string[]): void {
    for (const { jobId, version } of jobs) {
      const isUnknown = unknown.includes(jobId);
      if (version === QUEUED_VERSION) {
        if (isUnknown) onMissing(jobId);
        continue;
      }
      const count = isUnknown ? (misses.get(jobId) ?? 0) + 1 : 0;
      misses.set(jobId, count);
      if (count % UNKNOWN_ANSWERS === 0) misses.delete(jobId);
      if (count === UNKNOWN_ANSWERS) onUnknown(jobId);
    }
  }

  function failed(error: unknown): void {
    const { code } = error as JobEventsError;
    failingSince ??= timing.monotonic();
    if (!toldCodes.has(code)) onError(error);
    toldCodes.add(code);
  }

  function succeeded(): void {
    if (failingSince !== undefined) onBack();
    failingSince = undefined;
    toldCodes.clear();
  }

  async function sync(): Promise<void> {
    const mine = ++round;
    const startedAt = timing.monotonic();
    alarm();
    try {
      for (let jobs = nextJobs(), more = true; more; jobs = []) {
        const before = cursor;
        const answer = await ask(jobs, before);
        if (mine !== round) return;
        notBefore = timing.monotonic() + (answer.retryAfterMs ?? (answer.ok ? undefined : answer.error.retryAfterMs) ?? 0);
        if (!answer.ok) throw new JobEventsError(answer.error.code, answer.error.message);
        succeeded();
        onAnswer(answer);
        // A handler may have changed everything: the rest is about whoever was there before.
        if (mine !== round) return;
        countMisses(jobs, answer.unknown);
        cursor = answer.cursor ?? before;
        // As long as it goes forward: jobs that were owed come without moving the cursor.
        more = answer.more === true && (cursor !== before || answer.snapshots.length > 0);
      }
    } catch (error) {
      if (mine !== round) return;
      failed(error);
    }
    // A handler may have changed everything.
    if (mine !== round) return;
    // What fails is asked for less often the longer it has been failing; what succeeds never is.
    const now = timing.monotonic();
    const backOff = Math.min(LONGEST_DELAY_MS, (now - (failingSince ?? now)) / 8);
    const isFirstOwed = startedAt - subscribedAt < firstMs;
    arm(isFirstOwed ? firstMs : jittered(Math.max(interval(), backOff)));
  }

  return {
    restart() {
      round++;
      notBefore = 0;
      arm(isConnected() ? undefined : GRACE_MS);
    },
    adjust() {
      if (interval() !== armed) arm(armed || isConnected() ? undefined : GRACE_MS, true);
    },
    forgetList() {
      if (cursor === undefined) return;
      cursor = undefined;
      round++;
      arm();
    },
    subscribed(answer) {
      // A list begins anew; an answer to what was asked before must not move the cursor past the rest of it.
      if (answer.cursor !== undefined) round++;
      cursor = answer.cursor ?? cursor;
      subscribedAt = timing.monotonic();
      arm(answer.more ? 0 : firstMs, true);
    },
    now: () => void sync(),
  };
}
