import type { Acknowledgement, SubscribeAnswer, Subscription } from '@notes/job-events-protocol';
import { realTiming, type Timing } from '../timing.js';
import type { OpenTransport, Request, Requests } from '../transport/transport.js';
import { createTabLeader, keyOf, subscriptionsIn, type TabLeader } from './tab-leader.js';
import type { TabMessage } from './tab-messages.js';

/** A leader that lets a request wait is asked after this time whether it still runs. */
const PATIENCE_MS = 2_000;
const PONG_MS = 1_000;

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
 * lacks either API, each tab has a socket of its own.
 *
 * @example
 * WebSocketService.configure({ shareAcrossTabs: shareAcrossTabs({ name: user.id }) });
 */
export function shareAcrossTabs({ name = 'job-events', timing = realTiming }: ShareOptions = {}): (open: OpenTransport) => OpenTransport {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (!locks || typeof BroadcastChannel === 'undefined') return (open) => open;
  return (open) => (token, listener) => {
    const tab = crypto.randomUUID();
    const channel = new BroadcastChannel(name);
    const left = new AbortController();
    const waiting = new Map<number, { name: keyof Requests; payload: never; resolve: (answer: never) => void }>();
    const followed = new Map<string, Subscription>();
    let leader: TabLeader | undefined;
    let connection: string | undefined;
    let lastRequest = 0;
    let pongTimer: unknown;

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
          leave();
          return listener.onClose(message.reason, message.message);
        case 'event':
          return listener.onEvent(message.name, message.payload);
        case 'answer': {
          const request = waiting.get(message.id);
          waiting.delete(message.id);
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
      for (const [request, { name: asked, payload }] of waiting) send(request, asked, payload);
      if (followed.size > 0) void restore();
    }

    /** What changed while nobody led comes as if it happened now. */
    async function restore(): Promise<void> {
      const answer = (await ask('subscribe', { subscriptions: [...followed.values()] })) as Acknowledgement<SubscribeAnswer>;
      if (answer.ok) for (const snapshot of answer.snapshots) listener.onEvent('job:snapshot', snapshot);
    }

    function send(id: number, asked: keyof Requests, payload: never): void {
      say({ type: 'request', from: tab, id, name: asked, payload });
    }

    const ask = ((asked: keyof Requests, payload: never) =>
      new Promise((resolve) => {
        const id = ++lastRequest;
        waiting.set(id, { name: asked, payload, resolve });
        send(id, asked, payload);
        timing.setTimeout(() => {
          if (waiting.has(id) && !leader && !left.signal.aborted) doubtLeader();
        }, PATIENCE_MS);
      })) as Request;

    function doubtLeader(): void {
      timing.clearTimeout(pongTimer);
      pongTimer = timing.setTimeout(() => lead({ steal: true }), PONG_MS);
      post({ type: 'ping', from: tab });
    }

    /** Holds the lock for as long as this tab leads; who takes it away takes the lead. */
    function lead(how: LockOptions): void {
      if (left.signal.aborted || leader) return;
      locks!
        .request(name, how, async () => {
          if (left.signal.aborted) return;
          leader = createTabLeader({ open, token, say, whenGone });
          await new Promise((resolve) => left.signal.addEventListener('abort', resolve));
        })
        .catch(() => {
          if (leader && !left.signal.aborted) stepDown();
        });
    }

    /** Another tab leads, or soon will: this one comes back as one of the others. */
    function stepDown(): void {
      leave();
      listener.onClose('CONNECTION_LOST');
    }

    function whenGone(other: string, callback: () => void): void {
      locks!.request(presence(other), { signal: left.signal }, async () => callback()).catch(() => {});
    }

    const onFreeze = () => leader && stepDown();

    function leave(): void {
      if (left.signal.aborted) return;
      leader?.close();
      leader = undefined;
      left.abort();
      channel.close();
      timing.clearTimeout(pongTimer);
      globalThis.document?.removeEventListener('freeze', onFreeze);
    }

    channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => hear(data));
    globalThis.document?.addEventListener('freeze', onFreeze);
    void locks.request(presence(tab), () => new Promise<void>((resolve) => left.signal.addEventListener('abort', () => resolve())));
    lead({ signal: left.signal });
    post({ type: 'join', from: tab });

    return {
      request(asked, payload) {
        const subscriptions = asked === 'subscribe' || asked === 'unsubscribe' ? subscriptionsIn(payload as never) : [];
        for (const subscription of subscriptions)
          if (asked === 'subscribe') followed.set(keyOf(subscription), subscription);
          else followed.delete(keyOf(subscription));
        return ask(asked, payload);
      },
      close: leave,
    };
  };
}
