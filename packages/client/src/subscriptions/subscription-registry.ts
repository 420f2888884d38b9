import { isRetryable, type Acknowledgement, type SubscribeAnswer, type Subscription, type WireError } from '@notes/job-events-protocol';
import type { FollowedSubscription } from '../inspection.js';
import { createAlarm, type Timing } from '../timing.js';
import type { Request } from '../transport/transport.js';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, MOST_SUBSCRIBED, NOT_FOUND_MS } from '../limits.js';

interface Entry {
  readonly subscription: Subscription;
  holders: number;
  status: FollowedSubscription['status'];
  /** Since when the server has been turning it down. */
  deniedSince: number | undefined;
  /** It was turned down because the server takes no more of them. */
  isOverLimit?: boolean;
  /** The refusal that the application was told. */
  told?: string | undefined;
}

/** What the application wants to follow, and what of it the server has agreed to. */
export interface SubscriptionRegistry {
  /** Counted: only the first of several equal subscriptions reaches the wire. Returns how to let go, once. */
  add(subscription: Subscription): () => void;
  /** The connection came or went: everything is asked for again, in one request, as soon as there is one. */
  restore(): void;
  /**
   * Asks again for what was refused: the token or the server's mind may be another one. `tellsAgain`: the application asked,
   * and hears of the same refusal again. Says whether a user is among it.
   */
  retryRefused(tellsAgain: boolean): boolean;
  /** Over HTTP the server has turned this down: it is as if it had over the socket. */
  deny(subscription: Subscription, error: WireError): void;
  /** Does not ask for this job any more, whoever holds it; should it come all the same, it is taken. */
  refuse(jobId: string): void;
  /** Sets the one who hears of answers and changes, before anything is added. */
  listen(listener: RegistryListener): void;
  /** Says whether this job is asked for by its id. */
  holds(jobId: string): boolean;
  /** Says whether this job is asked for by its id, and the answer is still to come: an event may overtake it. */
  isAsked(jobId: string): boolean;
  /** Says whether the states of this job are asked for. */
  covers(jobId: string): boolean;
  /** Whose jobs are asked for: of several users the first. */
  readonly user: string | undefined;
  /** Says whether the server has agreed to a user on this connection. */
  readonly hasJoinedUser: boolean;
  /** The jobs that are asked for by id, or those that the server has no room for at the moment: their states have to be fetched. */
  jobIds(onlyOverLimit: boolean): readonly string[];
  list(): readonly FollowedSubscription[];
  clear(): void;
}

export interface RegistryOptions {
  readonly timing: Timing;
  readonly isConnected: () => boolean;
  readonly request: Request;
}

export interface RegistryListener {
  onAnswer(answer: SubscribeAnswer): void;
  /** Refused for good, unless the listener says `false`: it is then asked for on the next connection. */
  onError(error: WireError, subscription: Subscription): void | false;
  /** The server takes no more subscriptions: told once for as long as that lasts. */
  onLimit(error: WireError): void;
  /** Something is asked for, or not any more. */
  onChange(): void;
}

export function createSubscriptionRegistry(options: RegistryOptions): SubscriptionRegistry {
  const { timing, isConnected, request } = options;
  let listener: RegistryListener | undefined;
  const entries = new Map<string, Entry>();
  const retry = createAlarm(timing);
  /** On the monotonic clock: the server asked to be left alone until then. */
  let notBefore = 0;
  let isFlushing = false;
  /** Another one each time that the connection comes or goes. */
  let connection = {};

  const held = () => [...entries.values()].filter(({ holders, status }) => holders && status !== 'refused');
  const user = () => held().flatMap(({ subscription }) => ('userId' in subscription ? subscription.userId : []))[0];
  const holds = (jobId: string) => !!entries.get(jobId)?.holders;
  const inStatus = (status: Entry['status']) => held().filter((entry) => entry.status === status);

  /** Waits for the end of the current task, so that what is let go of and taken up again at once sends nothing. */
  function flushSoon(): void {
    if (!isFlushing) queueMicrotask(flush);
    isFlushing = true;
  }

  function flush(): void {
    isFlushing = false;
    const released = [...entries.values()].filter(({ holders }) => !holders);
    for (const { subscription } of released) entries.delete(keyOf(subscription));
    listener?.onChange();
    if (!isConnected()) return;
    // Also of a job that was given up as unknown the server goes on sending.
    void sendInParts('unsubscribe', released.filter(({ status }) => status !== 'wanted' && status !== 'later'));
    // Users first: with theirs most jobs come anyway, should there be more than the server takes.
    const wanted = inStatus('wanted').sort((a, b) => Number(isOfUser(b)) - Number(isOfUser(a)));
    for (const entry of wanted) entry.status = 'asked';
    void sendInParts('subscribe', wanted);
  }

  /** One message after the other, so that the user's subscription, in the first, is answered before others use up the limit. */
  async function sendInParts(name: 'subscribe' | 'unsubscribe', all: readonly Entry[]): Promise<void> {
    const mine = connection;
    for (let i = 0; i < all.length; i += MOST_SUBSCRIBED) {
      // A later connection asks for everything itself.
      if (mine !== connection) return;
      const part = all.slice(i, i + MOST_SUBSCRIBED);
      // What was let go of since is not asked for: the message that ends it has gone out already. What was taken up again
      // since is not ended.
      await send(name, part.filter(({ holders, subscription }) => (name === 'subscribe' ? holders : !entries.has(keyOf(subscription)))));
    }
  }

  /** What the server refuses as a whole, because something in it is wrong or it is too much at once, goes out in halves. */
  async function send(name: 'subscribe' | 'unsubscribe', part: readonly Entry[]): Promise<void> {
    if (!part[0]) return;
    const subscriptions = part.map(({ subscription }) => subscription);
    // Without an answer the connection is lost, and `restore` asks again.
    const answer = await request(name, { subscriptions }).catch(() => {});
    if (!answer) return;
    if (!answer.ok && part[1] && !isRetryable(answer.error)) {
      const half = part.length >> 1;
      await send(name, part.slice(0, half));
      await send(name, part.slice(half));
    } else if (name === 'subscribe') settle(part, answer as Acknowledgement<SubscribeAnswer>);
  }

  function settle(part: readonly Entry[], answer: Acknowledgement<SubscribeAnswer>): void {
    const mine = connection;
    if (answer.ok) for (const { subscription, error } of answer.rejected ?? []) turnDown(entries.get(keyOf(subscription)), error);
    else for (const entry of part) turnDown(entry, answer.error);
    for (const entry of part)
      if (entry.status === 'asked') {
        entry.status = 'joined';
        entry.deniedSince = undefined;
        entry.isOverLimit = false;
      }
    if (answer.ok && mine === connection) listener?.onAnswer(answer);
  }

  function turnDown(entry: Entry | undefined, error: WireError): void {
    if (!entry || entry.status === 'refused') return;
    const deniedMs = timing.monotonic() - (entry.deniedSince ??= timing.monotonic());
    if (!isRetryable(error) || (error.code === 'NOT_FOUND' && deniedMs >= NOT_FOUND_MS)) {
      entry.status = 'refused';
      if (entry.told !== error.code && listener?.onError(error, entry.subscription) === false) entry.status = 'wanted';
      else entry.told = error.code;
      return;
    }
    entry.status = 'later';
    if (error.code === 'LIMIT_EXCEEDED') {
      const isTold = held().some((other) => other.isOverLimit);
      entry.isOverLimit = true;
      if (!isTold) listener?.onLimit(error);
    }
    // As long again as it has been denied already, so the waiting time doubles. What waits already is put off only for
    // as long as the server asks.
    const now = timing.monotonic();
    notBefore = Math.max(notBefore, now + (error.retryAfterMs ?? 0));
    const askAgain = () => {
      for (const other of inStatus('later')) other.status = 'wanted';
      flush();
    };
    const waitMs = Math.min(LONGEST_RETRY_MS, Math.max(FIRST_RETRY_MS, deniedMs));
    retry(Math.max(waitMs, notBefore - now), askAgain, error.retryAfterMs === undefined);
  }

  function retryRefused(entry: Entry, tellsAgain = true): void {
    if (entry.status !== 'refused') return;
    entry.status = 'wanted';
    entry.deniedSince = undefined;
    if (tellsAgain) entry.told = undefined;
  }

  return {
    add(subscription) {
      const key = keyOf(subscription);
      const entry = entries.get(key) ?? { subscription, holders: 0, status: 'wanted', deniedSince: undefined };
      entries.set(key, entry);
      // The job may have come into being since. What is taken up again after everybody let go of it begins anew.
      if ('jobId' in subscription || !entry.holders) retryRefused(entry);
      entry.holders++;
      flushSoon();
      let held = 1;
      return () => {
        entry.holders -= held;
        held = 0;
        flushSoon();
      };
    },
    restore() {
      connection = {};
      notBefore = 0;
      retry();
      for (const entry of held()) entry.status = 'wanted';
      flush();
    },
    retryRefused(tellsAgain) {
      const refused = [...entries.values()].filter(({ status }) => status === 'refused');
      for (const entry of refused) retryRefused(entry, tellsAgain);
      flushSoon();
      return refused.some(isOfUser);
    },
    deny: (subscription, error) => turnDown(entries.get(keyOf(subscription)), error),
    refuse(jobId) {
      const entry = entries.get(jobId);
      if (entry) entry.status = 'refused';
    },
    listen: (theirs) => void (listener = theirs),
    holds,
    isAsked: (jobId) => entries.get(jobId)?.status === 'asked',
    covers: (jobId) => holds(jobId) || !!user(),
    get user() {
      return user();
    },
    get hasJoinedUser() {
      return inStatus('joined').some(isOfUser);
    },
    jobIds: (onlyOverLimit) =>
      held().flatMap(({ subscription, isOverLimit }) => ('jobId' in subscription && (isOverLimit || !onlyOverLimit) ? subscription.jobId : [])),
    list: () => [...entries.values()],
    clear() {
      connection = {};
      retry();
      entries.clear();
      flushSoon();
    },
  };
}

const isOfUser = ({ subscription }: Entry): boolean => 'userId' in subscription;

/** No id of a job begins with a blank. */
const keyOf = (subscription: Subscription): string => ('userId' in subscription ? ` ${subscription.userId}` : subscription.jobId);
