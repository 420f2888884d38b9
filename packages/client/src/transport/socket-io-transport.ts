import { PROTOCOL_VERSION } from '@notes/job-events-protocol';
import { Socket } from 'engine.io-client';
import { Decoder, PacketType } from 'socket.io-parser';
import type { ClientOptions } from '../client-options.js';
import { finalReason } from '../connection/connection-state.js';
import type { OpenTransport } from './transport.js';

/**
 * Connections over Socket.IO, the only place that knows it: Socket.IO's own engine and parser, without the manager and
 * the socket that `socket.io-client` puts on top. What those add, the driver and the registry do: reconnecting, where
 * theirs gives up too early, and restoring, where theirs would send what was buffered while disconnected.
 */
export function socketIoTransport({
  url,
  namespace = '/jobs',
  path = '/socket.io',
  withCredentials = false,
}: ClientOptions): OpenTransport {
  return (token, { onOpen, onClose, onEvent }) => {
    const decoder = new Decoder();
    const waiting = new Map<unknown, (answer: any) => void>();
    let requests = 0;
    let state: 'opening' | 'open' | 'closed' = 'opening';

    const engine = new Socket(url ?? '', {
      path,
      withCredentials,
      // WebSocket first needs no sticky sessions; long polling follows where no WebSocket gets through.
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
    });

    /** The parser's encoder would first look for binary parts, which no message of this protocol has. */
    function send(type: PacketType, data: unknown, id: number | '' = ''): void {
      engine.write(`${type}${namespace},${id}${JSON.stringify(data)}`);
    }

    engine.on('open', () => send(PacketType.CONNECT, { token, protocol: PROTOCOL_VERSION }));
    engine.on('close', () => {
      if (state !== 'closed') onClose(state === 'open' ? 'CONNECTION_LOST' : 'UNREACHABLE');
    });
    engine.on('data', (part) => {
      if (state === 'closed') return;
      try {
        decoder.add(part);
      } catch (error) {
        // What it does not understand may have been an event, so only a new connection knows everything again.
        onClose('CONNECTION_LOST', String(error));
      }
    });
    decoder.on('decoded', ({ type, id, data }) => {
      switch (type) {
        case PacketType.CONNECT:
          state = 'open';
          return onOpen();
        case PacketType.CONNECT_ERROR:
          return onClose(finalReason(data.data?.code) ?? 'REFUSED', data.message);
        case PacketType.DISCONNECT:
          return onClose('CLOSED_BY_SERVER');
        case PacketType.EVENT:
          return onEvent(data[0], data[1]);
        case PacketType.ACK:
          waiting.get(id)?.(data[0]);
          waiting.delete(id);
      }
    });
    return {
      request: (name, payload) =>
        new Promise((resolve) => {
          waiting.set(++requests, resolve);
          send(PacketType.EVENT, [name, payload], requests);
        }),
      close() {
        state = 'closed';
        engine.close();
      },
    };
  };
}
