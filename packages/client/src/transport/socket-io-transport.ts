import { PROTOCOL_VERSION } from '@notes/job-events-protocol';
import { Socket } from 'engine.io-client';
import type { ClientOptions } from '../client-options.js';
import { finalReason } from '../connection/connection-state.js';
import { ACK, CONNECT, CONNECT_ERROR, decodePacket, DISCONNECT, encodePacket, EVENT, type SocketIoPacket } from './socket-io-packet.js';
import type { OpenTransport } from './transport.js';

/**
 * Connections over Socket.IO, the only place that knows it: its own engine, without the manager and the socket that
 * `socket.io-client` puts on top. What those add is done by the driver and the registry: reconnecting, where theirs
 * gives up too early, and restoring, where theirs sends what was buffered while disconnected.
 */
export function socketIoTransport({
  url = '',
  namespace = '/jobs',
  path = '/socket.io',
  withCredentials = false,
}: ClientOptions): OpenTransport {
  return (token, { onOpen, onClose, onEvent }) => {
    const waiting = new Map<unknown, (answer: any) => void>();
    let requests = 0;
    let state: 'opening' | 'open' | 'closed' = 'opening';

    const engine = new Socket(url, {
      path,
      withCredentials,
      // WebSocket first needs no sticky sessions; long polling follows where no WebSocket gets through.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    });

    const send = (packet: Omit<SocketIoPacket, 'namespace'>) => engine.write(encodePacket({ ...packet, namespace }));

    function hear({ type, id, data }: SocketIoPacket): void {
      switch (type) {
        case CONNECT:
          state = 'open';
          return onOpen();
        case CONNECT_ERROR:
          return onClose(finalReason(data?.data?.code) ?? 'REFUSED', data?.message);
        case DISCONNECT:
          return onClose('CLOSED_BY_SERVER');
        case EVENT:
          return onEvent(String(data[0]), data[1]);
        case ACK:
          waiting.get(id)?.(data[0]);
          waiting.delete(id);
      }
    }

    engine.on('open', () => send({ type: CONNECT, data: { token, protocol: PROTOCOL_VERSION } }));
    engine.on('close', () => {
      if (state !== 'closed') onClose(state === 'open' ? 'CONNECTION_LOST' : 'UNREACHABLE');
    });
    engine.on('data', (message) => {
      if (state === 'closed') return;
      let packet: SocketIoPacket;
      try {
        packet = decodePacket(message);
      } catch (error) {
        // It may have been an event, so only a new connection knows everything again.
        return onClose('CONNECTION_LOST', String(error));
      }
      if (packet.namespace === namespace) hear(packet);
    });

    return {
      request: (name, payload) =>
        new Promise((resolve) => {
          waiting.set(++requests, resolve);
          send({ type: EVENT, id: requests, data: [name, payload] });
        }),
      close() {
        state = 'closed';
        engine.close();
      },
    };
  };
}
