import type { Acknowledgement, SubscribeAnswer, Subscription } from '@notes/job-events-protocol';
import type { OpenTransport, Request, Requests, TransportConnection } from '../transport/transport.js';
import type { TabMessage } from './tab-messages.js';

export interface LeaderOptions {
  readonly open: OpenTransport;
  readonly token: () => Promise<string | undefined>;
  /** Says something to every tab, the leader's own included. */
  readonly say: (message: TabMessage) => void;
  /** Calls back when that tab is gone, closed or crashed. */
  readonly whenGone: (tab: string, callback: () => void) => void;
  /** There is no token to connect with. */
  readonly onNoToken: () => void;
}

/** The tab that holds the one connection, and what it does for all. */
export interface TabLeader {
  hear(message: TabMessage): void;
  close(): void;
}

export function createTabLeader({ open, token, say, whenGone, onNoToken }: LeaderOptions): TabLeader {
  const id = crypto.randomUUID();
  /** What each tab follows, so that one tab's letting go takes nothing from another. */
  const followed = new Map<string, Map<string, Subscription>>();
  /** Jobs of somebody else's, as answers say. Only the tabs that follow them by their id hear of them. */
  const foreign = new Set<string>();
  /** Jobs whose subscription is on its way: whose they are is not known, and their events are kept for the other tabs until it is. */
  const asked = new Map<string, TabMessage[]>();
  let connection: TransportConnection | undefined;
  let isOpen = false;
  let isClosed = false;

  token().then((credentials) => {
    if (isClosed) return;
    connection = open(credentials, {
      onOpen() {
        isOpen = true;
        say({ type: 'open', connection: id });
      },
      onClose: (reason, message) => say({ type: 'closed', connection: id, reason, message }),
      onEvent,
    });
  }, onNoToken);

  function onEvent(name: string, payload: unknown): void {
    const { jobId } = (payload ?? {}) as { readonly jobId?: string };
    const kept = asked.get(jobId!);
    kept?.push({ type: 'event', name, payload });
    if (!kept && !foreign.has(jobId!)) return say({ type: 'event', name, payload });
    for (const [tab, subscriptions] of followed) if (subscriptions.has(keyOf({ jobId: jobId! }))) say({ type: 'event', to: tab, name, payload });
  }

  /** Takes over what an answer says of whose jobs these are. */
  function learn({ snapshots, foreign: theirs = [] }: Pick<SubscribeAnswer, 'snapshots' | 'foreign'>): void {
    for (const { jobId } of snapshots)
      if (theirs.includes(jobId)) foreign.add(jobId);
      else foreign.delete(jobId);
  }

  /** Tabs that have heard of an event already hear of it twice, which changes nothing. */
  async function subscribe(subscriptions: readonly Subscription[]): Promise<Acknowledgement<SubscribeAnswer>> {
    const jobIds = subscriptions.flatMap((one) => ('jobId' in one && !asked.has(one.jobId) ? one.jobId : []));
    for (const jobId of jobIds) asked.set(jobId, []);
    const answer = await request('subscribe', { subscriptions });
    if (answer.ok) learn(answer);
    for (const jobId of jobIds) {
      const kept = foreign.has(jobId) ? [] : asked.get(jobId)!;
      asked.delete(jobId);
      kept.forEach(say);
    }
    return answer;
  }

  /** Nothing is asked before it is open. */
  const request: Request = (name, payload) => connection!.request(name, payload);

  function followedBy(tab: string): Map<string, Subscription> {
    const known = followed.get(tab);
    if (known) return known;
    const subscriptions = new Map<string, Subscription>();
    followed.set(tab, subscriptions);
    whenGone(tab, () => {
      const left = [...subscriptions.values()];
      followed.delete(tab);
      const unwanted = left.filter((subscription) => !isWanted(subscription));
      if (unwanted.length > 0) request('unsubscribe', { subscriptions: unwanted }).catch(() => {});
    });
    return subscriptions;
  }

  const isWanted = (subscription: Subscription) =>
    [...followed.values()].some((subscriptions) => subscriptions.has(keyOf(subscription)));

  async function answer<Name extends keyof Requests>(tab: string, name: Name, payload: Requests[Name]['payload']): Promise<unknown> {
    if (name !== 'subscribe' && name !== 'unsubscribe') {
      const result = await request(name, payload);
      if (name === 'sync' && result.ok) learn(result as never);
      return result;
    }
    const subscriptions = subscriptionsIn(payload as Requests['subscribe']['payload']);
    const own = followedBy(tab);
    if (name === 'subscribe') {
      for (const subscription of subscriptions) own.set(keyOf(subscription), subscription);
      return subscribe(subscriptions);
    }
    for (const subscription of subscriptions) own.delete(keyOf(subscription));
    const unwanted = subscriptions.filter((subscription) => !isWanted(subscription));
    if (unwanted.length === 0) return { ok: true };
    const result = await request('unsubscribe', { subscriptions: unwanted });
    for (const subscription of unwanted) if ('jobId' in subscription && !isWanted(subscription)) foreign.delete(subscription.jobId);
    return result;
  }

  return {
    hear(message) {
      if (message.type === 'join' && isOpen) say({ type: 'open', to: message.from, connection: id });
      if (message.type === 'ping') say({ type: 'pong', to: message.from });
      if (message.type !== 'request' || !isOpen) return;
      const { from, id: asked, name, payload } = message;
      // Without an answer the asking tab gives the connection up, as it would its own.
      answer(from, name, payload).then(
        (result) => say({ type: 'answer', to: from, id: asked, answer: result }),
        () => {},
      );
    },
    close() {
      isClosed = true;
      connection?.close();
    },
  };
}

export const keyOf = (subscription: Subscription): string => JSON.stringify(Object.entries(subscription));

export const subscriptionsIn = (payload: Requests['subscribe']['payload']): readonly Subscription[] =>
  'subscriptions' in payload ? payload.subscriptions : [payload];
