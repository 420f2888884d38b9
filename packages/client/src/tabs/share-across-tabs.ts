import type { Acknowledgement, SubscribeAnswer, Subscription } from '@notes/job-events-protocol';
import type { ConnectionReason } from '../connection/connection-state.js';
import { MOST_SUBSCRIBED, TOKEN_MS } from '../limits.js';
import { realTiming, within, type Timing } from '../timing.js';
import type { OpenTransport, Request, Requests, TransportConnection } from '../transport/transport.js';
import { createTabLeader, keyOf, subscriptionsIn, type TabLeader } from './tab-leader.js';
import type { TabMessage } from './tab-messages.js';

/** A leader that lets a request wait is asked after this time whether it still runs. */
const PATIENCE_MS = 2_000;
/** And loses the lead when it does not answer for this long, or up to half as long again: not all who wait take it at once. */
const PONG_MS = 1_000;

const DEFAULT_NAME = 'job-events';

export interface ShareOptions {
  /**
   * Tabs of one origin with the same name share a connection. Give the user's id where tabs can be signed in as
   * different users: the connection has the identity of the tab that leads. Default `job-events`.
   */
  readonly name?: string | undefined;
  readonly timing?: Timing | undefined;
}

/**
 * One socket for all tabs of a browser: tabs elect a leader with Web Locks, and the others go through it over a
 * BroadcastChannel. When the leader is closed or frozen another takes over, and nobody's state changes. Where the browser
 * lacks either API or denies it, as in a frame without an origin of its own, each tab has a socket of its own.
 *
 * @example
 * WebSocketService.configure({ shareAcrossTabs: shareAcrossTabs({ name: user.id }) });
 */
export function shareAcrossTabs(options: ShareOptions = {}): (open: OpenTransport) => OpenTransport {
  return Object.assign(sharedTransport(options), { sharedAs: options.name ?? DEFAULT_NAME });
}

function sharedTransport({ name = DEFAULT_NAME, timing = realTiming }: ShareOptions): (open: OpenTransport) => OpenTransport {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks || typeof BroadcastChannel === 'undefined') return (open) => open;
  let isDenied = false;
  return (open) => (token, listener, renew) => {
    if (isDenied) return open(token, listener, renew);
    let own: TransportConnection | undefined;
    const tab = crypto.randomUUID();
    const channel = new BroadcastChannel(name);
    const left = new AbortController();
    const waiting = new Map<number, { name: keyof Requests; payload: never; resolve: (answer: never) => void; timer: unknown }>();
    const followed = new Map<string, Subscription>();
    let leader: TabLeader | undefined;
    let connection: string | undefined;
    /** Those of earlier leaders. What becomes of them is of no interest any more. */
    const superseded = new Set<string>();
    let lastRequest = 0;
    let pongTimer: unknown;

    const untilLeft = async () => {
      if (!left.signal.aborted) await new Promise((resolve) => left.signal.addEventListener('abort', resolve));
    };
    const presence = (id: string) => `${name}:tab:${id}`;

    function post(message: TabMessage): void {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel has but one origin
      if (!left.signal.aborted) channel.postMessage(message);
    }

    /** The channel brings nothing to who speaks, so the own tab is told directly. */
    function say(message: TabMessage): void {
      post(message);
      hear(message);
    }

    function hear(message: TabMessage): void {
      if (left.signal.aborted || ('to' in message && message.to !== undefined && message.to !== tab)) return;
      leader?.hear(message);
      switch (message.type) {
        case 'open':
          return opened(message.connection);
        case 'closed':
          return superseded.has(message.connection) ? undefined : leaveFor(message.reason, message.message);
        case 'event':
          return listener.onEvent(message.name, message.payload);
        case 'answer': {
          const request = waiting.get(message.id);
          waiting.delete(message.id);
          timing.clearTimeout(request?.timer);
          return request?.resolve(message.answer as never);
        }
        case 'pong':
          return timing.clearTimeout(pongTimer);
      }
    }

    /** The first connection opens this tab's; a later one, of another leader, is taken over without a word. */
    function opened(id: string): void {
      const before = connection;
      connection = id;
      if (before === id) return;
      if (before === undefined) return listener.onOpen();
      superseded.add(before);
      for (const [request, { name: asked, payload }] of waiting) send(request, asked, payload);
      if (followed.size > 0) void restore();
    }

    /**
     * What changed while nobody led comes as if it happened now. Where something is turned down that was not before, a
     * connection of its own finds out why, and when to ask again. What is not there is found missing by `sync`.
     */
    async function restore(): Promise<void> {
      const subscriptions = [...followed.values()];
      for (let i = 0; i < subscriptions.length; i += MOST_SUBSCRIBED) {
        const answer = (await ask('subscribe', { subscriptions: subscriptions.slice(i, i + MOST_SUBSCRIBED) })) as Acknowledgement<SubscribeAnswer>;
        if (!answer.ok || answer.rejected?.some(({ error }) => error.code !== 'NOT_FOUND')) return leaveFor('CONNECTION_LOST');
        for (const snapshot of answer.snapshots) listener.onEvent('job:snapshot', snapshot);
      }
    }

    /** What the server turns down is not followed, and not asked for on behalf of this tab by the next leader. */
    function forgetRejected(subscriptions: readonly Subscription[], answer: Acknowledgement<SubscribeAnswer>): void {
      const rejected = answer.ok ? (answer.rejected ?? []).map(({ subscription }) => subscription) : subscriptions;
      for (const subscription of rejected) followed.delete(keyOf(subscription));
    }

    function send(id: number, asked: keyof Requests, payload: never): void {
      say({ type: 'request', from: tab, id, name: asked, payload });
    }

    const ask = ((asked: keyof Requests, payload: never) =>
      new Promise((resolve) => {
        const id = ++lastRequest;
        const timer = timing.setTimeout(() => leader ?? doubtLeader(), PATIENCE_MS);
        waiting.set(id, { name: asked, payload, resolve, timer });
        send(id, asked, payload);
      })) as Request;

    function doubtLeader(): void {
      timing.clearTimeout(pongTimer);
      pongTimer = timing.setTimeout(() => lead({ steal: true }), PONG_MS * (1 + timing.random() / 2));
      post({ type: 'ping', from: tab });
    }

    /** Holds the lock for as long as this tab leads; who takes it away takes the lead. */
    function lead(how: LockOptions): void {
      if (left.signal.aborted || leader) return;
      locks!
        .request(name, how, async () => {
          if (left.signal.aborted) return;
          leader = createTabLeader({ open, token: credentials, say, whenGone, onNoToken: () => leaveFor('TOKEN_UNAVAILABLE') });
          say({ type: 'pong' });
          await untilLeft();
        })
        .catch((error: Error) => {
          if (error.name !== 'AbortError') return goAlone();
          // Another tab leads, or soon will: this one comes back as one of the others.
          if (leader) leaveFor('CONNECTION_LOST');
        });
    }

    function goAlone(): void {
      if (left.signal.aborted) return;
      isDenied = true;
      leave();
      own = open(token, listener, renew);
    }

    /** The token that this tab began with, or another one if it has been connected since: that may be long ago. */
    const credentials = async () =>
      connection === undefined || !renew ? token : within(timing, TOKEN_MS, renew);

    function leaveFor(reason: ConnectionReason, message?: string): void {
      if (left.signal.aborted) return;
      leave();
      listener.onClose(reason, message);
    }

    function whenGone(other: string, callback: () => void): void {
      locks!.request(presence(other), { signal: left.signal }, async () => callback()).catch(() => {});
    }

    const onFreeze = () => leader && leaveFor('CONNECTION_LOST');

    function leave(): void {
      if (left.signal.aborted) return;
      leader?.close();
      leader = undefined;
      left.abort();
      channel.close();
      timing.clearTimeout(pongTimer);
      for (const { timer } of waiting.values()) timing.clearTimeout(timer);
      globalThis.document?.removeEventListener('freeze', onFreeze);
    }

    channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => hear(data));
    globalThis.document?.addEventListener('freeze', onFreeze);
    // Where it is denied, taking the lead is too.
    locks.request(presence(tab), untilLeft).catch(() => {});
    lead({ signal: left.signal });
    post({ type: 'join', from: tab });

    return {
      request(asked, payload) {
        if (own) return own.request(asked, payload);
        const subscriptions = asked === 'subscribe' || asked === 'unsubscribe' ? subscriptionsIn(payload as never) : [];
        for (const subscription of subscriptions)
          if (asked === 'subscribe') followed.set(keyOf(subscription), subscription);
          else followed.delete(keyOf(subscription));
        const answer = ask(asked, payload);
        if (asked === 'subscribe') void answer.then((said) => forgetRejected(subscriptions, said as Acknowledgement<SubscribeAnswer>));
        return answer;
      },
      close() {
        leave();
        own?.close();
      },
    };
  };
}
