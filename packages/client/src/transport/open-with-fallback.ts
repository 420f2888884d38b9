import { FALLBACK_MS, STABLE_MS } from '../limits.js';
import { createAlarm, type Timing } from '../timing.js';
import type { OpenTransport, TransportConnection } from './transport.js';

/**
 * Opens the preferred transport, and a fallback beside it where that fails or has not opened after 2 s: a proxy may
 * swallow WebSocket upgrades without a word. Goes on with whichever opens first and closes the other. Once the fallback
 * was needed, it comes first for as long as the page lives, unless one of its connections is lost within 30 s: it does
 * not work either then, as long polling does not behind several nodes without sticky sessions.
 */
export function openWithFallback(preferred: OpenTransport, fallback: OpenTransport, timing: Timing): OpenTransport {
  let needsFallback = false;

  return (token, listener, renew) => {
    /** Those that may still open, or the one that did. */
    const links = new Map<OpenTransport, TransportConnection | undefined>();
    const alarm = createAlarm(timing);
    let opened: OpenTransport | undefined;
    let openedAt = 0;
    let isFallbackBegun = needsFallback;

    function begin(open: OpenTransport): void {
      const ifCurrent = <Args extends unknown[]>(react: (...args: Args) => void) => (...args: Args) => {
        if (links.has(open)) react(...args);
      };
      links.set(open, undefined);
      const link = open(
        token,
        {
          onOpen: ifCurrent(() => {
            opened = open;
            openedAt = timing.monotonic();
            needsFallback = open === fallback;
            closeAll(open);
            listener.onOpen();
          }),
          onClose: ifCurrent((reason, message) => {
            close(open);
            if (open === fallback && !(opened && timing.monotonic() - openedAt >= STABLE_MS)) needsFallback = false;
            // Where the server itself has spoken, the other transport would hear the same.
            const isDecided = opened || reason !== 'UNREACHABLE';
            if (!isDecided && !isFallbackBegun) return beginFallback();
            if (!isDecided && links.size > 0) return;
            closeAll();
            listener.onClose(reason, message);
          }),
          onEvent: ifCurrent((name, payload) => {
            if (opened) listener.onEvent(name, payload);
          }),
        },
        renew,
      );
      if (links.has(open)) links.set(open, link);
    }

    function beginFallback(): void {
      alarm();
      isFallbackBegun = true;
      begin(fallback);
    }

    function close(open: OpenTransport): void {
      links.get(open)?.close();
      links.delete(open);
    }

    function closeAll(except?: OpenTransport): void {
      alarm();
      for (const open of links.keys()) if (open !== except) close(open);
    }

    if (!isFallbackBegun) alarm(FALLBACK_MS, beginFallback);
    begin(isFallbackBegun ? fallback : preferred);
    return {
      get transport() {
        return links.get(opened!)?.transport;
      },
      request: (name, payload) => links.get(opened!)?.request(name, payload) ?? Promise.reject(new Error('Not connected.')),
      close: () => closeAll(),
    };
  };
}
