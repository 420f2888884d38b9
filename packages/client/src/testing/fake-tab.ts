import type { WakeTarget } from '../connection/wake-signals.js';
import type { TabStorage } from '../jobs/tab-memory.js';
import type { StatusReply, StatusRequest } from './fake-status-endpoint.js';

/** What a client finds around it in a browser's tab. */
export interface FakeTab {
  readonly storage: TabStorage;
  readonly window: WakeTarget;
  /** A `fetch` that asks `answer`. */
  fetch(answer: (request: StatusRequest, token: string | undefined) => Promise<StatusReply>): typeof fetch;
  /** The page becomes visible again. */
  wake(): void;
}

export function createFakeTab(): FakeTab {
  const items = new Map<string, string>();
  const events = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  return {
    storage: {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
    },
    window: {
      addEventListener: (type, listener, options) => events.addEventListener(type, listener, options),
      document,
    },
    fetch: (answer) => async (input, init) => {
      const headers = new Headers(init?.headers);
      const path = String(input).replace(/^.*\/api\/jobs/, '');
      const token = headers.get('authorization')?.replace(/^Bearer /, '');
      const reply = await answer({ method: init?.method ?? 'GET', path, ifNoneMatch: headers.get('if-none-match') }, token);
      // Not a real Response: reading its body would take turns of the event loop that a virtual clock does not see.
      return {
        status: reply.status,
        ok: reply.status < 400,
        headers: new Headers(reply.headers),
        json: async () => structuredClone(reply.body),
      } as Response;
    },
    wake: () => void document.dispatchEvent(new Event('visibilitychange')),
  };
}
