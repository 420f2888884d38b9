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
  /** Whether the page is loaded again in a tab whose last page may not have gone in order, as after a crash. */
  readonly isReload: () => boolean;
  /** Calls `leave` when the page goes, and `comeBack` when it is shown again after that. Returns how to stop. */
  readonly watchPage: (leave: () => void, comeBack: () => void) => () => void;
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
  isReload: () => (globalThis.performance?.getEntriesByType?.('navigation')[0] as PerformanceNavigationTiming | undefined)?.type === 'reload',
  watchPage(leave, comeBack) {
    const stop = new AbortController();
    globalThis.addEventListener?.('pagehide', leave, stop);
    globalThis.addEventListener?.('pageshow', comeBack, stop);
    return () => stop.abort();
  },
  transport: socketIoTransport,
  watchWakeSignals,
  // oxlint-disable-next-line no-console -- the last resort where there is no reportError, as in Node
  report: (error) => (globalThis.reportError ?? console.error)(error),
};
