import { FALLBACK_MS, STABLE_MS } from '../limits.js';
import type { Timing } from '../timing.js';
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
    const candidates = new Set<object>();
    const links = new Map<object, TransportConnection>();
    let opened: object | undefined;
    let openedAt = 0;
    const startsWithFallback = needsFallback;
    let isFallbackBegun = startsWithFallback;

    function begin(open: OpenTransport): void {
      const candidate = {};
      candidates.add(candidate);
      const isOut = () => !candidates.has(candidate);
      links.set(
        candidate,
        open(
          token,
          {
            onOpen() {
              if (isOut()) return;
              opened = candidate;
              openedAt = timing.monotonic();
              needsFallback = open === fallback;
              closeAll(candidate);
              listener.onOpen();
            },
            onClose(reason, message) {
              if (isOut()) return;
              close(candidate);
              if (open === fallback && !(opened && timing.monotonic() - openedAt >= STABLE_MS)) needsFallback = false;
              // Where the server itself has spoken, the other transport would hear the same.
              const isDecided = opened || reason !== 'UNREACHABLE';
              if (!isDecided && !isFallbackBegun) return beginFallback();
              if (!isDecided && candidates.size > 0) return;
              closeAll();
              listener.onClose(reason, message);
            },
            onEvent(name, payload) {
              if (opened === candidate) listener.onEvent(name, payload);
            },
          },
          renew,
        ),
      );
    }

    function beginFallback(): void {
      timing.clearTimeout(timer);
      isFallbackBegun = true;
      begin(fallback);
    }

    function close(candidate: object): void {
      candidates.delete(candidate);
      links.get(candidate)?.close();
    }

    function closeAll(except?: object): void {
      timing.clearTimeout(timer);
      for (const candidate of candidates) if (candidate !== except) close(candidate);
    }

    const timer = startsWithFallback ? undefined : timing.setTimeout(beginFallback, FALLBACK_MS);
    begin(startsWithFallback ? fallback : preferred);
    return {
      get transport() {
        return links.get(opened!)?.transport;
      },
      request: (name, payload) => links.get(opened!)?.request(name, payload) ?? Promise.reject(new Error('The connection is not open.')),
      close: () => closeAll(),
    };
  };
}
