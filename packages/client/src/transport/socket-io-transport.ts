import { PROTOCOL_VERSION } from '@notes/job-events-protocol';
import { Manager, type ManagerOptions, type Socket } from 'socket.io-client';
import type { ClientOptions } from '../client-options.js';
import { finalReason } from '../connection/connection-state.js';
import { realTiming, type Timing } from '../timing.js';
import { openWithFallback } from './open-with-fallback.js';
import type { OpenTransport } from './transport.js';

/**
 * Connects by Socket.IO; the only module that knows it. One call is one attempt: reconnecting and restoring stay with the
 * connection driver and the subscription registry, because Socket.IO gives up after a refusal and repeats what it buffered.
 *
 * WebSocket comes first, since it needs no sticky sessions, and long polling where no WebSocket gets through. With
 * `manager`, the application's own connection is shared; with `transports`, the application decides.
 */
export function socketIoTransport(options: ClientOptions, timing: Timing = realTiming): OpenTransport {
  const { manager, transports, url, path, withCredentials, query, extraHeaders, parser } = options;
  if (manager) return connectNamespace(() => manager, options);
  const over = (transports: string[]): OpenTransport =>
    connectNamespace(
      () =>
        new Manager(url || undefined, {
          path,
          withCredentials,
          query,
          extraHeaders,
          parser,
          transports,
          tryAllTransports: true,
          reconnection: false,
          autoConnect: false,
        } as Partial<ManagerOptions>),
      options,
    );
  if (transports) return over([...transports]);
  return openWithFallback(over(['websocket']), over(['polling', 'websocket']), timing);
}

/** The token of the newest attempt. A shared manager hands out the socket of the attempt before, and may connect it at once. */
const newestTokens = new WeakMap<Manager, { [namespace: string]: string | undefined }>();

function connectNamespace(managerOf: () => Manager, { namespace = '/jobs' }: ClientOptions): OpenTransport {
  return (token, { onOpen, onClose, onEvent }) => {
    const manager = managerOf();
    newestTokens.set(manager, { ...newestTokens.get(manager), [namespace]: token });
    const socket: Socket = manager.socket(namespace, {
      auth: (send) => send({ token: newestTokens.get(manager)?.[namespace], protocol: PROTOCOL_VERSION }),
    });
    const listeners = {
      connect: onOpen,
      connect_error(error: Error & { readonly data?: { readonly code?: unknown } }) {
        // Only a refusal of the server's own carries `data`; everything else is the network.
        if ('data' in error) onClose(finalReason(error.data?.code) ?? 'REFUSED', error.message);
        else onClose('UNREACHABLE', error.message);
      },
      disconnect: (reason: string) => onClose(reason === 'io server disconnect' ? 'CLOSED_BY_SERVER' : 'CONNECTION_LOST', reason),
    };
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
    socket.onAny(onEvent);
    if (!socket.active) socket.connect();

    return {
      get transport() {
        return manager.engine?.transport.name;
      },
      // Socket.IO would keep what is sent while disconnected and send it after the subscriptions of the next connection.
      request: (name, payload) => (socket.connected ? socket.emitWithAck(name, payload) : Promise.reject(new Error('Not connected.'))),
      close() {
        for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
        socket.offAny(onEvent);
        socket.disconnect();
      },
    };
  };
}
