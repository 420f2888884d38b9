import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { ClientEnvironment } from '../../src/client-environment.js';
import type { ClientOptions } from '../../src/client-options.js';
import type { TabStorage } from '../../src/jobs/tab-memory.js';
import type { FakeSurroundings } from '../../src/testing/fake-job-server.js';
import type { OpenTransport, TransportListener } from '../../src/transport/transport.js';
import type { Rules } from './rules.js';

/** What one client is given, with the rules that are left out broken. The client's own code stays as it is. */
export function breakRules(rules: Rules): (surroundings: FakeSurroundings) => FakeSurroundings {
  let terms = 0;
  /** Later than everything that arrived before, whatever it is. */
  const latest = (job: AnyJobSnapshot): AnyJobSnapshot => {
    const [attempt, rank, epoch, seq] = job.version;
    return { ...job, version: [attempt, rank, epoch, seq, 1e15 + ++terms] };
  };
  return ({ options, environment }) => ({
    options: breakOptions(rules, options, latest),
    environment: breakEnvironment(rules, environment, latest),
  });
}

function breakOptions(rules: Rules, options: ClientOptions, latest: (job: AnyJobSnapshot) => AnyJobSnapshot): ClientOptions {
  const { auth, fetch } = options;
  let first: ReturnType<NonNullable<ClientOptions['auth']>>;
  return {
    ...options,
    ...(!rules(9) && { auth: () => (first ??= auth?.()) }),
    async fetch(input, init) {
      if (!rules(14)) throw new TypeError('There is no HTTP.');
      const response = await fetch!(input, init);
      const isPage = !rules(8) && response.headers.get('content-type')?.startsWith('text/html');
      const ids = /[?&]ids=([^&]*)/.exec(String(input))?.[1];
      if (isPage) return answer({ jobs: [], cursor: '0', ...(ids !== undefined && { unknown: ids.split(',') }) });
      if (rules(1)) return response;
      return answer(withLatest(await response.json(), latest), response);
    },
  };
}

/** Not a real Response: its body would take turns of the event loop that the virtual clock does not see. */
const answer = (body: unknown, { status, ok, headers }: Partial<Response> = { status: 200, ok: true, headers: new Headers() }): Response =>
  ({ status, ok, headers, json: async () => body }) as Response;

function withLatest(body: any, latest: (job: AnyJobSnapshot) => AnyJobSnapshot): unknown {
  return {
    ...body,
    ...(body?.jobs && { jobs: body.jobs.map(latest) }),
    ...(body?.snapshots && { snapshots: body.snapshots.map(latest) }),
  };
}

function breakEnvironment(rules: Rules, environment: ClientEnvironment, latest: (job: AnyJobSnapshot) => AnyJobSnapshot): ClientEnvironment {
  return {
    ...environment,
    storage: () => spoiledStorage(rules, environment.storage()!),
    isReload: () => !rules(4) || environment.isReload(),
    watchPage: (leave, comeBack) => environment.watchPage(rules(3) ? leave : () => {}, comeBack),
    watchWakeSignals: (...signals) => (rules(10) ? environment.watchWakeSignals(...signals) : () => {}),
    transport(options, timing) {
      const open = environment.transport({ ...options, ...(!rules(15) && { transports: ['websocket'] }) }, timing);
      return breakTransport(rules, open, latest);
    },
  };
}

/** The same object for all clients of a page, which tells them by it. */
const spoiled = new WeakMap<TabStorage, TabStorage>();

function spoiledStorage(rules: Rules, storage: TabStorage): TabStorage {
  const keyOf = (key: string): string => (rules(5) || isTab(key) ? key : 'job-events');
  const made = spoiled.get(storage) ?? {
    getItem: (key) => (isTab(key) ? storage.getItem(key) : spoil(rules, storage.getItem(keyOf(key)))),
    setItem: (key, value) => storage.setItem(keyOf(key), value),
  };
  spoiled.set(storage, made);
  return made;
}

/** Says of which tab it is, and nothing of what a client remembers. */
const isTab = (key: string): boolean => key === 'job-events:tab';

/** What a page finds of what the one before remembered. */
function spoil(rules: Rules, stored: string | null): string | null {
  if (stored === null || (rules(2) && rules(6))) return stored;
  const [tab, user, users] = JSON.parse(stored) as [number, string, [string, string[], [string, unknown][]][]];
  const kept = users.map(([owner, tracked, ends]) => [owner, tracked, ends.filter(([key]) => rules(2) && key !== '')]);
  return JSON.stringify([tab, user, kept]);
}

function breakTransport(rules: Rules, open: OpenTransport, latest: (job: AnyJobSnapshot) => AnyJobSnapshot): OpenTransport {
  let opened = 0;
  const refused = new Set<string>();
  let newest: TransportListener | undefined;
  return (token, listener, renew) => {
    newest = listener;
    const isFirst = opened++ === 0;
    const connection = open(
      token,
      {
        ...listener,
        onOpen: () => listener.onOpen(),
        onClose: (reason, message) => listener.onClose(reason, message),
        onEvent: (name, payload) => (rules(7) ? listener : newest!).onEvent(name, rules(1) || !name.startsWith('job:') ? payload : latest(payload as AnyJobSnapshot)),
      },
      renew,
    );
    return {
      async request(name, payload) {
        if (!rules(13) && name === 'sync') return { ok: true, snapshots: [], unknown: [] } as never;
        if (!rules(12) && name === 'subscribe' && !isFirst) return { ok: true, snapshots: [] } as never;
        // A client that never asks again for what was refused.
        const asked = (payload as { readonly subscriptions?: readonly object[] }).subscriptions ?? [];
        if (!rules(16) && name === 'subscribe' && asked.every((one) => refused.has(JSON.stringify(one)))) return { ok: true, snapshots: [] } as never;
        const said: any = await connection.request(name, payload);
        for (const { subscription, error } of said.rejected ?? []) if (error.code === 'FORBIDDEN') refused.add(JSON.stringify(subscription));
        if (!rules(11) && name === 'subscribe') return final(said) as never;
        return rules(1) ? said : (withLatest(said, latest) as never);
      },
      // The user before is still connected, and what comes for that user is taken for the next one's.
      close: () => void (rules(7) && connection.close()),
    };
  };
}

/** Rejected for now is rejected for good. */
function final(said: any): unknown {
  const asFinal = (error: any) => (['INTERNAL', 'RATE_LIMITED'].includes(error.code) ? { ...error, code: 'FORBIDDEN' } : error);
  if (!said.ok) return { ...said, error: asFinal(said.error) };
  return { ...said, rejected: said.rejected?.map((one: any) => ({ ...one, error: asFinal(one.error) })) };
}
