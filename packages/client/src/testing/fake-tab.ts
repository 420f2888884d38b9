import type { WakeTarget } from '../connection/wake-signals.js';
import type { TabStorage } from '../jobs/tab-memory.js';
import { SIGN_IN_PATH, signInPage } from './fake-proxy.js';
import type { StatusReply, StatusRequest } from './fake-status-endpoint.js';

/** What a client finds around it in a browser's tab. */
export interface FakeTab {
  /** The storage as the present page sees it. */
  storage(): TabStorage;
  watchPage(leave: () => void, comeBack: () => void): void;
  /** The page goes, and another one is there in the same tab. */
  reload(): void;
  /** The browser copies the tab: another one with the same storage, whose page has not gone. */
  duplicate(): FakeTab;
  readonly window: WakeTarget;
  /** A `fetch` that asks `answer`. */
  fetch(answer: (request: StatusRequest, token: string | undefined) => Promise<StatusReply>): typeof fetch;
  /** The page becomes visible again. */
  wake(): void;
}

export function createFakeTab(copied: Iterable<[string, string]> = []): FakeTab {
  const items = new Map(copied);
  const open = (): TabStorage => ({
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
  });
  let storage = open();
  let leaving = new Set<() => void>();
  const events = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  return {
    storage: () => storage,
    watchPage: (leave) => void leaving.add(leave),
    reload() {
      for (const leave of leaving) leave();
      leaving = new Set();
      storage = open();
    },
    duplicate: () => createFakeTab(items),
    window: {
      addEventListener: (type, listener, options) => events.addEventListener(type, listener, options),
      document,
    },
    fetch: (answer) => async (input, init) => {
      const headers = new Headers(init?.headers);
      const path = String(input).replace(/^.*\/api\/jobs/, '');
      const token = headers.get('authorization')?.replace(/^Bearer /, '');
      const answered = await answer({ method: init?.method ?? 'GET', path, ifNoneMatch: headers.get('if-none-match') }, token);
      const redirected = answered.headers['location'] === SIGN_IN_PATH;
      const reply = redirected ? signInPage : answered;
      // Not a real Response: reading its body would take turns of the event loop that a virtual clock does not see.
      return {
        status: reply.status,
        ok: reply.status < 300,
        redirected,
        url: redirected ? SIGN_IN_PATH : String(input),
        headers: new Headers(reply.headers),
        json: async () => (typeof reply.body === 'string' ? JSON.parse(reply.body) : structuredClone(reply.body)),
      } as Response;
    },
    wake: () => void document.dispatchEvent(new Event('visibilitychange')),
  };
}
