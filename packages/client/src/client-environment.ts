import type { ClientOptions } from './client-options.js';
import { watchWakeSignals, type WatchWakeSignals } from './connection/wake-signals.js';
import type { TabStorage } from './jobs/tab-memory.js';
import { realTiming, type Timing } from './timing.js';
import { socketIoTransport } from './transport/socket-io-transport.js';
import type { OpenTransport } from './transport/transport.js';

/** Everything outside that the client depends on. */
export interface ClientEnvironment {
  readonly timing: Timing;
  /** `undefined` where there is no storage: then a reload forgets. */
  readonly storage: () => TabStorage | undefined;
  /** Whether the tab is the one that the storage was written in for certain, although a page is there already: the page is loaded again, as after a crash. Asked only where there is a storage. */
  readonly isReload: () => boolean;
  /** Calls `leave` when the page goes, and `comeBack` when it is shown again after that. Asked once for a page that has a storage. */
  readonly watchPage: (leave: () => void, comeBack: () => void) => void;
  readonly transport: (options: ClientOptions, timing: Timing) => OpenTransport;
  readonly watchWakeSignals: (timing: Timing, wake: () => void, watch?: WatchWakeSignals) => () => void;
  /** Where errors go if the application does not listen for them. */
  readonly report: (error: unknown) => void;
}

export const browserEnvironment: ClientEnvironment = {
  timing: realTiming,
  storage() {
    try {
      // Newer versions of Node have one too, which is no tab's but the whole server's.
      return typeof window === 'undefined' ? undefined : window.sessionStorage;
    } catch {
      // A page without an origin of its own may not even look.
      return undefined;
    }
  },
  isReload: () =>
    // The page that a frame is in has said already which tab it is, and both have one storage.
    !!frameElement ||
    // A browser that is short of memory discards a page without a word, and loads it again when it is looked at.
    (document as { readonly wasDiscarded?: boolean }).wasDiscarded ||
    (performance.getEntriesByType?.('navigation')[0] as PerformanceNavigationTiming | undefined)?.type === 'reload',
  watchPage(leave, comeBack) {
    addEventListener('pagehide', leave);
    // Each page is shown once; only one that was kept comes back.
    addEventListener('pageshow', ({ persisted }) => persisted && comeBack());
  },
  transport: socketIoTransport,
  watchWakeSignals,
  // oxlint-disable-next-line no-console -- the last resort where there is no reportError, as in Node
  report: (error) => (globalThis.reportError ?? console.error)(error),
};
