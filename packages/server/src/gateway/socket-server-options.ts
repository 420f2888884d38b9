import type { ServerOptions } from 'socket.io';
import { readOrigins } from '../access/origins.js';

/** The options of a Socket.IO server that suit job events, without the adapter. */
export interface SocketServerOptions extends Partial<ServerOptions> {
  /**
   * The origins of the pages that may connect: the same list as for `createJobEvents`. Long polling needs them as the
   * server's `cors`, with credentials, so that cookies are sent. Without them no `cors` is set: pages of the server's
   * own origin connect.
   */
  readonly origins?: readonly string[] | undefined;
}

/**
 * Makes the options of a Socket.IO server that {@link createJobEvents} has nothing to warn of: `cors` for `origins`,
 * packets of at most 100,000 bytes, no compression. Options that are given go before these.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` for `origins` that are not a list of origins.
 *
 * @example
 * const origins = ['https://app.example.com'];
 * const io = new Server(httpServer, socketServerOptions({ origins, adapter }));
 * const jobEvents = createJobEvents(io, { authenticate, origins });
 */
export function socketServerOptions({ origins, ...given }: SocketServerOptions = {}): Partial<ServerOptions> {
  return {
    perMessageDeflate: false,
    maxHttpBufferSize: 100_000,
    ...(origins && { cors: { origin: readOrigins(origins), credentials: true } }),
    ...given,
  };
}
