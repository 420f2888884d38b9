import { eventNameOf, type Subscription, type SyncRequest, type WireError } from '@notes/job-events-protocol';
import type { Request, Requests, TransportConnection, TransportListener } from '../transport/transport.js';
import { isNews, NOT_FOUND, type FakeBackend, type StoredJob } from './fake-backend.js';

/** One client's connection as the server sees it. */
export interface FakeConnection extends TransportConnection {
  readonly userId: string;
  /** Delivers a job's state if the connection follows it. */
  deliver(job: StoredJob): void;
  /** The server or the network ends it. */
  end(reason: 'CLOSED_BY_SERVER' | 'CONNECTION_LOST'): void;
  /** From now on nothing gets through in either direction, and neither side notices. */
  blackHole(): void;
  warnOfExpiry(expiresAt: string): void;
}

export interface FakeConnectionOptions {
  readonly userId: string;
  readonly backend: FakeBackend;
  readonly listener: TransportListener;
  /** Hears of each request, and may refuse it. */
  readonly onRequest: (name: keyof Requests, payload: unknown) => WireError | undefined;
  readonly onAuthenticate: (token: string) => boolean;
  readonly onCancel: (jobId: string) => void;
  readonly onEnd: (connection: FakeConnection) => void;
  /** Carries an answer to the client, which may take a while. */
  readonly carry: <Answer>(answer: Answer) => Promise<Answer>;
}

type Answers = { readonly [Name in keyof Requests]: (payload: Requests[Name]['payload']) => object };

export function createFakeConnection(options: FakeConnectionOptions): FakeConnection {
  const { userId, backend, listener, onRequest, onAuthenticate, onCancel, onEnd, carry } = options;
  const rooms = new Set<string>();
  let line: 'open' | 'dead' | 'closed' = 'open';

  const roomOf = (subscription: Subscription) =>
    'userId' in subscription ? `user:${subscription.userId}` : `job:${subscription.jobId}`;
  const listed = (payload: Requests['subscribe']['payload']): readonly Subscription[] =>
    'subscriptions' in payload ? payload.subscriptions : [payload];
  const followsUser = () => rooms.has(`user:${userId}`);

  const answers: Answers = {
    subscribe(payload) {
      const subscriptions = listed(payload);
      const rejected = subscriptions.flatMap((subscription) => {
        if ('userId' in subscription && subscription.userId !== userId)
          return { subscription, error: { code: 'FORBIDDEN', message: 'Another user.' } };
        if ('jobId' in subscription && !backend.find(subscription.jobId, userId)) return { subscription, error: NOT_FOUND };
        rooms.add(roomOf(subscription));
        return [];
      });
      const single = subscriptions.flatMap((one) => ('jobId' in one ? (backend.find(one.jobId, userId) ?? []) : []));
      const list = subscriptions.some((one) => 'userId' in one && one.userId === userId) ? backend.list(userId) : undefined;
      return { ok: true, ...list, snapshots: [...single, ...(list?.snapshots ?? [])], foreign: backend.foreignAmong(single, userId), rejected };
    },
    unsubscribe(payload) {
      for (const subscription of listed(payload)) rooms.delete(roomOf(subscription));
      return { ok: true };
    },
    sync({ jobs, cursor }: SyncRequest) {
      const known = jobs.map(({ jobId, version }) => ({ jobId, version, snapshot: backend.find(jobId, userId) }));
      const newer = known.flatMap(({ version, snapshot }) => (snapshot && isNews(snapshot, version) ? snapshot : []));
      const list = followsUser() ? backend.list(userId, cursor) : undefined;
      return {
        ok: true,
        ...list,
        snapshots: [...newer, ...(list?.snapshots ?? [])],
        foreign: backend.foreignAmong(newer, userId),
        unknown: known.filter(({ snapshot }) => !snapshot).map(({ jobId }) => jobId),
      };
    },
    cancel({ jobId }) {
      if (!backend.find(jobId, userId)) return { ok: false, error: NOT_FOUND };
      onCancel(jobId);
      return { ok: true };
    },
    authenticate: ({ token }) =>
      onAuthenticate(token)
        ? { ok: true }
        : { ok: false, error: { code: 'UNAUTHENTICATED', message: 'The token is not valid.' } },
  };

  const request = (name: keyof Requests, payload: never) => {
    if (line === 'closed') return Promise.reject(new Error('The connection is closed.'));
    if (line === 'dead') return new Promise(() => {});
    const error = onRequest(name, payload);
    // What is on its way when the line dies never arrives.
    return carry(error ? { ok: false, error } : answers[name](payload)).then((answer) =>
      line === 'open' ? answer : new Promise(() => {}),
    );
  };

  const connection: FakeConnection = {
    userId,
    request: request as Request,
    close() {
      line = 'closed';
      onEnd(connection);
    },
    deliver({ snapshot, userId: owner }) {
      if (line !== 'open' || !(rooms.has(`user:${owner}`) || rooms.has(`job:${snapshot.jobId}`))) return;
      listener.onEvent(eventNameOf(snapshot.status), structuredClone(snapshot));
    },
    end(reason) {
      if (line === 'closed') return;
      connection.close();
      listener.onClose(reason);
    },
    blackHole() {
      if (line === 'open') line = 'dead';
    },
    warnOfExpiry(expiresAt) {
      if (line === 'open') listener.onEvent('auth:expiring', { expiresAt });
    },
  };
  return connection;
}
