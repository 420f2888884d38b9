import { PROTOCOL_VERSION } from '@notes/job-events-protocol';
import { io } from 'socket.io-client';
import type { ClientOptions } from '../client-options.js';
import { FINAL_REASONS, type ConnectionReason } from '../connection/connection-state.js';
import type { OpenTransport } from './transport.js';

/**
 * Connections over Socket.IO, the only place that knows it. Each attempt has a socket of its own, so nothing of an
 * earlier one is left in a buffer, and Socket.IO's own reconnecting is off: it gives up where the driver must not.
 */
export function socketIoTransport({
  url = '',
  namespace = '/jobs',
  path = '/socket.io',
  withCredentials = false,
}: ClientOptions): OpenTransport {
  return (token, { onOpen, onClose, onEvent }) => {
    const socket = io(url + namespace, {
      path,
      withCredentials,
      auth: { token, protocol: PROTOCOL_VERSION },
      forceNew: true,
      reconnection: false,
      // WebSocket first needs no sticky sessions; long polling follows where no WebSocket gets through.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    });
    socket.on('connect', onOpen);
    socket.on('connect_error', (error: Error & { data?: { code?: unknown } }) => {
      onClose(reasonOfRefusal(error.data?.code), error.message);
    });
    socket.on('disconnect', (reason) => {
      onClose(reason === 'io server disconnect' ? 'CLOSED_BY_SERVER' : 'CONNECTION_LOST');
    });
    socket.onAny(onEvent);
    return {
      // Socket.IO would keep what is emitted while disconnected and send it later, beside what the registry restores.
      request: (name, payload) =>
        new Promise((resolve, reject) => {
          if (socket.connected) socket.emit(name, payload, resolve);
          else reject(new Error('The socket is not connected.'));
        }),
      close() {
        socket.off();
        socket.offAny();
        socket.disconnect();
      },
    };
  };
}

function reasonOfRefusal(code: unknown): ConnectionReason {
  if (code === undefined) return 'UNREACHABLE';
  return FINAL_REASONS.find((reason) => reason === code) ?? 'REFUSED';
}
