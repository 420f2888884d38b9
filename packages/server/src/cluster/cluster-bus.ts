import type { Message } from './cluster-codec.js';

/** Who takes messages of the cluster in this process: the adapter of a namespace. */
export interface BusListener {
  /** From now on messages of other processes come, for the first time or again. */
  greet(): void;
  receive(message: Message): void;
  /** Messages may have been lost that no sync finds, such as revokes. */
  missed(): void;
}

/**
 * Carries the messages of a Socket.IO cluster between processes. It listens once somebody in this process takes messages:
 * a worker that only reports needs no connection for that. Nothing here throws; what goes wrong is told to `onError`.
 */
export interface ClusterBus {
  join(listener: BusListener): void;
  leave(listener: BusListener): void;
  /** Sends to the other processes, and to those in this one that are not `from`. */
  publish(message: Message, from?: BusListener): void;
  /** Sends what is published already before, for at most `timeoutMs`. Default: 5 s. */
  close(timeoutMs?: number): Promise<void>;
}
