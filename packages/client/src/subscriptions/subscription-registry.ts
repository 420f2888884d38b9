import type { SubscribeAnswer, Subscription, WireError } from '@notes/job-events-protocol';
import type { FollowedSubscription } from '../inspection.js';
import { createAlarm, type Timing } from '../timing.js';
import type { Request } from '../transport/transport.js';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
const MOST_AT_ONCE = 100;
/** A job may be asked for before it is stored; after this time it is taken for missing. */
const NOT_FOUND_MS = 120_000;

interface Entry {
  readonly subscription: Subscription;
  holders: number;
  status: FollowedSubscription['status'];
  tries: number;
  missingSince: number | undefined;
}

/** What the application wants to follow, and what of it the server has agreed to. */
export interface SubscriptionRegistry {
  /** Counted: only the first of several equal subscriptions reaches the wire. Returns how to let go, once. */
  add(subscription: Subscription): () => void;
  /** The connection came or went: everything is asked for again, in one request, as soon as there is one. */
  restore(): void;
  /** Does not ask for this job any more, whoever holds it. */
  refuse(jobId: string): void;
  /** Says whether the states of this job are asked for. */
  covers(jobId: string): boolean;
  /** Says whether any user's jobs are asked for. */
  readonly hasUser: boolean;
  /** The jobs that are asked for by id. */
  readonly jobIds: readonly string[];
  list(): readonly FollowedSubscription[];
  clear(): void;
}

export interface RegistryOptions {
  readonly timing: Timing;
  readonly isConnected: () => boolean;
  readonly request: Request;
  readonly onAnswer: (answer: SubscribeAnswer) => void;
  /** Refused for good. */
  readonly onError: (error: WireError, subscription: Subscription) => void;
  /** Something is asked for, or not any more. */
  readonly onChange: () => void;
}

export function createSubscriptionRegistry(options: RegistryOptions): SubscriptionRegistry {
  const { timing, isConnected, request, onAnswer, onError, onChange } = options;
  const entries = new Map<string, Entry>();
  const retry = createAlarm(timing);
  let flushing = false;

  const held = () => [...entries.values()].filter(({ holders, status }) => holders > 0 && status !== 'refused');

  /** Waits for the end of the current task, so that what is let go of and taken up again at once sends nothing. */
  function flushSoon(): void {
    if (flushing) return;
    flushing = true;
    queueMicrotask(() => {
      flushing = false;
      flush();
    });
  }

  function flush(): void {
    const released = [...entries].filter(([, { holders }]) => holders === 0);
    for (const [key] of released) entries.delete(key);
    onChange();
    if (!isConnected()) return;
    const gone = released.map(([, entry]) => entry).filter(({ status }) => status === 'joined' || status === 'asked');
    for (const part of inParts(gone))
      request('unsubscribe', { subscriptions: part.map(({ subscription }) => subscription) }).catch(ignore);
    for (const part of inParts(held().filter(({ status }) => status === 'wanted'))) void ask(part);
  }

  async function ask(wanted: readonly Entry[]): Promise<void> {
    for (const entry of wanted) entry.status = 'asked';
    const subscriptions = wanted.map(({ subscription }) => subscription);
    // Without an answer the connection is lost, and `restore` asks again.
    const answer = await request('subscribe', { subscriptions }).catch(ignore);
    if (!answer) return;
    if (!answer.ok && wanted.length > 1 && !MAY_PASS.includes(answer.error.code)) {
      // Something in it is not to be had, or it is too much at once: the others must not suffer for it.
      const half = wanted.length >> 1;
      await Promise.all([ask(wanted.slice(0, half)), ask(wanted.slice(half))]);
      return;
    }
    const rejected = answer.ok
      ? (answer.rejected ?? [])
      : subscriptions.map((subscription) => ({ subscription, error: answer.error }));
    for (const { subscription, error } of rejected) turnDown(entries.get(keyOf(subscription)), error);
    for (const entry of wanted.filter(({ status }) => status === 'asked')) {
      entry.status = 'joined';
      entry.tries = 0;
      entry.missingSince = undefined;
    }
    if (answer.ok) onAnswer(answer);
  }

  function turnDown(entry: Entry | undefined, error: WireError): void {
    if (!entry || entry.status === 'refused') return;
    const { code } = error;
    if (code === 'NOT_FOUND') entry.missingSince ??= timing.now();
    const isMissing = timing.now() - (entry.missingSince ?? Infinity) >= NOT_FOUND_MS;
    if (isMissing || !MAY_PASS.includes(code)) {
      entry.status = 'refused';
      onError(error, entry.subscription);
      return;
    }
    entry.status = 'later';
    const delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** entry.tries++);
    retry.set(delay, () => {
      for (const other of held()) if (other.status === 'later') other.status = 'wanted';
      flush();
    });
  }

  return {
    add(subscription) {
      const key = keyOf(subscription);
      const entry = entries.get(key) ?? { subscription, holders: 0, status: 'wanted', tries: 0, missingSince: undefined };
      entries.set(key, entry);
      entry.holders++;
      if (entry.status === 'refused' && 'jobId' in subscription) {
        // The job may have come into being since.
        entry.status = 'wanted';
        entry.missingSince = undefined;
      }
      flushSoon();
      let letGo = () => {
        letGo = ignore;
        entry.holders--;
        flushSoon();
      };
      return () => letGo();
    },
    restore() {
      retry.clear();
      for (const entry of held()) entry.status = 'wanted';
      flush();
    },
    refuse(jobId) {
      const entry = entries.get(keyOf({ jobId }));
      if (entry) entry.status = 'refused';
    },
    covers: (jobId) => held().some(({ subscription }) => 'userId' in subscription || subscription.jobId === jobId),
    get hasUser() {
      return held().some(({ subscription }) => 'userId' in subscription);
    },
    get jobIds() {
      return held().flatMap(({ subscription }) => ('jobId' in subscription ? subscription.jobId : []));
    },
    list: () => [...entries.values()],
    clear() {
      retry.clear();
      entries.clear();
      flushSoon();
    },
  };
}

const MAY_PASS: readonly string[] = ['NOT_FOUND', 'LIMIT_EXCEEDED', 'RATE_LIMITED', 'INTERNAL'];

const keyOf = (subscription: Subscription): string =>
  'userId' in subscription ? `user:${subscription.userId}` : `job:${subscription.jobId}`;

/** As many as a server takes in one request. */
const inParts = (entries: readonly Entry[]): (readonly Entry[])[] =>
  entries.length === 0 ? [] : [entries.slice(0, MOST_AT_ONCE), ...inParts(entries.slice(MOST_AT_ONCE))];

const ignore = (): void => {};
