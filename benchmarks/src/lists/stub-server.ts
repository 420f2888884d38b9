import type { AnyJobSnapshot } from '@notes/job-events-client';
import { WebSocketService } from '@notes/job-events-client';

/** As many snapshots as a server puts into one answer. */
const PAGE = 200;

export const USER_ID = 'user-1';

type Listener = { onOpen(): void; onEvent(name: string, payload: unknown): void };
type Environment = NonNullable<ConstructorParameters<typeof WebSocketService>[1]>;

/** A server in the same process: answers at once, so that what is measured is the client. */
export interface StubServer {
  readonly client: WebSocketService<any>;
  /** Delivers an event, as a socket does. */
  send(job: AnyJobSnapshot): void;
}

/** @param list the user's jobs, sent in pages of 200 as the answers to `subscribe` and `sync` */
export function createStubServer(list: readonly AnyJobSnapshot[] = [], environment: Partial<Environment> = {}): StubServer {
  let listener: Listener | undefined;

  function page(cursor = 0) {
    const snapshots = list.slice(cursor, cursor + PAGE);
    const next = cursor + snapshots.length;
    return { ok: true, snapshots, unknown: [], cursor: String(next), more: next < list.length };
  }

  async function request(name: string, payload: { cursor?: string; subscriptions?: readonly object[] }): Promise<unknown> {
    if (name === 'sync') return page(Number(payload.cursor));
    const isOfUser = payload.subscriptions?.some((subscription) => 'userId' in subscription);
    return name === 'subscribe' && isOfUser ? page() : { ok: true, snapshots: [] };
  }

  function open(_token: unknown, opened: Listener) {
    listener = opened;
    queueMicrotask(() => opened.onOpen());
    return { request, close() {} };
  }

  const client = new WebSocketService<any>(
    { onError: (error) => console.error(error) },
    { transport: () => open as never, storage: () => undefined, isReload: () => false, watchPage: () => () => {}, ...environment },
  );
  return { client, send: (job) => listener!.onEvent('job:progress', job) };
}

const BEGIN = Date.UTC(2026, 0, 1);

/** A job as it arrives: parsed from JSON, so that no two share a string. */
export function createJob(index: number, change: Partial<AnyJobSnapshot> = {}, seq = 1): AnyJobSnapshot {
  const isFinal = change.status === 'completed';
  return JSON.parse(
    JSON.stringify({
      jobId: `0f8fad5b-d9cb-469f-a165-${String(index).padStart(12, '0')}`,
      type: 'pdf-notes',
      status: 'active',
      stage: 'GENERATING_NOTES',
      progress: 50,
      message: 'Writing the notes, part 07 of 12',
      metadata: { fileName: 'paper.pdf', pages: 42 },
      version: [1, isFinal ? 2 : 0, 1_790_000_000_000, seq],
      createdAt: new Date(BEGIN + index * 1_000).toISOString(),
      timestamp: new Date(BEGIN + index * 1_000 + seq).toISOString(),
      ...change,
    }),
  ) as AnyJobSnapshot;
}

/** Connects for the user, and resolves when the whole list is there. */
export async function loadList({ client }: StubServer, count: number): Promise<void> {
  client.subscribe({ userId: USER_ID });
  void client.connect();
  const last = createJob(count - 1).jobId;
  while (!client.getJob(last)) await new Promise((resolve) => setTimeout(resolve, 0));
}
