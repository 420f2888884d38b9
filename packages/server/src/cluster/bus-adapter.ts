import { Adapter, ClusterAdapterWithHeartbeat, MessageType, type BroadcastOptions, type ClusterMessage, type ClusterResponse, type ServerId } from 'socket.io-adapter';
import type { Message } from './cluster-codec.js';
import type { BusListener, ClusterBus } from './cluster-bus.js';
import { MISSED_MESSAGES } from './missed-messages.js';

/**
 * Joins a namespace of this process with the same namespace of others: rooms, `except`, `fetchSockets`,
 * `disconnectSockets` and so on reach all of them. Delivers to its own sockets first, at once, whatever carries them to the others.
 */
export class BusAdapter extends ClusterAdapterWithHeartbeat implements BusListener {
  readonly #bus: ClusterBus;

  constructor(namespace: unknown, bus: ClusterBus) {
    super(namespace, {});
    this.#bus = bus;
    bus.join(this);
  }

  /** The base would count the adapters of other namespaces as servers. */
  receive(message: Message): void {
    if (message.nsp === this.nsp.name) this.onMessage(message as ClusterMessage);
  }

  /** The base waits for the message to be sent, delivers later, and ends the process where an argument cannot be encoded. */
  override broadcast(packet: unknown, options: BroadcastOptions): Promise<void> {
    Adapter.prototype.broadcast.call(this, packet, options);
    if (!options.flags?.local) {
      const { rooms, except, flags = {} } = options;
      this.publish({ type: MessageType.BROADCAST, data: { packet, opts: { rooms: [...rooms], except: [...(except ?? [])], flags } } });
    }
    return Promise.resolve();
  }

  /** The base greets the others before it can hear their answers. */
  override init(): void {}

  greet(): void {
    this.publish({ type: MessageType.INITIAL_HEARTBEAT });
  }

  missed(): void {
    this.emit(MISSED_MESSAGES);
  }

  override close(): void {
    super.close();
    this.#bus.leave(this);
  }

  protected async doPublish(message: ClusterMessage): Promise<string> {
    this.#bus.publish(message, this);
    return '';
  }

  protected async doPublishResponse(_requester: ServerId, response: ClusterResponse): Promise<void> {
    this.#bus.publish(response, this);
  }
}
