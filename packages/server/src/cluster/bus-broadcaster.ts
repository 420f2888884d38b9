import { MessageType } from 'socket.io-adapter';
import type { Broadcaster, BroadcastTarget } from '../broadcaster.js';
import type { ClusterBus } from './cluster-bus.js';

/** The type of a packet that carries an event, in Socket.IO's protocol. */
const EVENT = 2;
/** The adapters count who else there is by this name; one that only sends is not counted. */
const NOT_A_SERVER = 'emitter';

/** Emits to the sockets of a namespace in all processes, as Socket.IO's own emitters do. Never throws. */
export function createBroadcaster(bus: ClusterBus, namespace: string): Broadcaster {
  const target = (rooms: readonly string[], except: readonly string[]): BroadcastTarget => ({
    except: (left) => target(rooms, [...except, ...left]),
    emit: (event, ...args) => {
      const packet = { type: EVENT, data: [event, ...args], nsp: namespace };
      const opts = { rooms: [...rooms], except: [...except], flags: {} };
      bus.publish({ uid: NOT_A_SERVER, nsp: namespace, type: MessageType.BROADCAST, data: { packet, opts } });
      return true;
    },
  });
  return { to: (rooms) => target(rooms, []) };
}
