import type { Namespace, Socket } from 'socket.io';
import { JobEventsServerError } from '../server-errors.js';
import { tryAgain } from '../access/wire-fault.js';
import { refusal } from './admission.js';

/** What serves a namespace for as long as it is open. */
export interface NamespaceServer {
  admit(socket: Socket, next: (refused?: Error) => void): void;
  open(socket: Socket): void;
}

interface Place {
  current: NamespaceServer | undefined;
}

/** Socket.IO keeps a middleware for ever, so each namespace gets one, which asks whoever serves it now. */
const places = new WeakMap<Namespace, Place>();

/**
 * Serves a namespace. The returned function ends that: newcomers are told to try again until somebody serves it anew.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` where it is served already: everything would be answered twice.
 */
export function serveNamespace(namespace: Namespace, server: NamespaceServer): () => void {
  const place = placeOf(namespace);
  if (place.current !== undefined)
    throw new JobEventsServerError(
      'INVALID_OPTIONS',
      `createJobEvents serves ${namespace.name} of this server already. Call it once (of JobEventsModule, import forRoot once), or close the first one before.`,
    );
  place.current = server;
  return () => {
    if (place.current === server) place.current = undefined;
  };
}

function placeOf(namespace: Namespace): Place {
  const known = places.get(namespace);
  if (known !== undefined) return known;
  const place: Place = { current: undefined };
  places.set(namespace, place);
  namespace.use((socket, next) => (place.current === undefined ? next(refusal(tryAgain('closed'))) : place.current.admit(socket, next)));
  namespace.on('connection', (socket) => (place.current === undefined ? void socket.disconnect() : place.current.open(socket)));
  return place;
}
