import { applySnapshot, isFinal, type AnyJobSnapshot, type Subscription } from '@notes/job-events-protocol';
import { io as connect, type Socket } from 'socket.io-client';

export interface WatchingClient extends Disposable {
  readonly socket: Socket;
  readonly jobs: ReadonlyMap<string, AnyJobSnapshot>;
  /** What came live, not by asking. */
  readonly live: readonly AnyJobSnapshot[];
}

interface Answer {
  readonly snapshots?: readonly AnyJobSnapshot[];
  readonly cursor?: string;
}

const SYNC_MS = 3_000;

/** The least that a client of another make would do: subscribe, listen, and ask now and then. */
export function watchJobs(origin: string, userId: string, subscriptions: readonly Subscription[] = [{ userId }]): WatchingClient {
  const socket = connect(`${origin}/jobs`, { auth: { token: userId, protocol: 1 }, transports: ['websocket'], forceNew: true, reconnectionDelayMax: 1_000 });
  const jobs = new Map<string, AnyJobSnapshot>();
  const live: AnyJobSnapshot[] = [];
  let cursor: string | undefined;
  const take = (snapshot: AnyJobSnapshot): void => void jobs.set(snapshot.jobId, applySnapshot(jobs.get(snapshot.jobId), snapshot));
  const takeAnswer = (error: unknown, answer?: Answer): void => {
    if (error) return;
    answer?.snapshots?.forEach(take);
    cursor = answer?.cursor ?? cursor;
  };
  socket.onAny((_event, snapshot: AnyJobSnapshot) => {
    live.push(snapshot);
    take(snapshot);
  });
  socket.on('connect', () => socket.timeout(5_000).emit('subscribe', { subscriptions }, takeAnswer));
  const syncing = setInterval(() => {
    const unfinished = [...jobs.values()].filter(({ status }) => !isFinal(status));
    const request = { jobs: unfinished.map(({ jobId, version }) => ({ jobId, version })), ...(cursor !== undefined && { cursor }) };
    if (socket.connected) socket.timeout(5_000).emit('sync', request, takeAnswer);
  }, SYNC_MS);
  return {
    socket,
    jobs,
    live,
    [Symbol.dispose]: () => {
      clearInterval(syncing);
      socket.disconnect();
    },
  };
}
