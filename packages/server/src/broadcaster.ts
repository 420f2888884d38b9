/**
 * Whatever takes an event to the sockets in some rooms: `io.of('/jobs')`, an emitter of `@socket.io/redis-emitter` on that namespace, or what `connectPostgres` and `connectRedis` return.
 * One `emit` on several rooms delivers once to a socket that is in more than one of them.
 */
export interface Broadcaster {
  to(rooms: string[]): { emit(event: string, ...args: unknown[]): unknown };
}
