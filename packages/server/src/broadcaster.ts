/**
 * Whatever takes an event to the sockets in some rooms: `io.of('/jobs')`, what `connectPostgres` and `connectRedis` return,
 * or, where the servers have the adapter of `@socket.io/redis-adapter`, an emitter of `@socket.io/redis-emitter` on that
 * namespace. (It does not reach servers with the adapter of `connectRedis`.)
 * One `emit` on several rooms delivers once to a socket that is in more than one of them.
 */
export interface Broadcaster {
  to(rooms: string[]): BroadcastTarget;
}

export interface BroadcastTarget {
  emit(event: string, ...args: unknown[]): unknown;
  /**
   * The same target without the sockets in these rooms. Without it `revoke({ userId, jobId })` does not hold where the
   * job comes through another user's room. All of the above have it.
   */
  except?(rooms: string[]): { emit(event: string, ...args: unknown[]): unknown };
}
