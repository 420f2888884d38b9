import { WireFault } from '../access/wire-fault.js';
import type { ClientEventHandler } from './client-event-handler.js';
import { handshakeOf } from './handshake.js';
import { readRequest } from './read-requests.js';

/** A fresh token on a living connection. It must be the same user's: rooms are not changed here. */
export const handleAuthenticate: ClientEventHandler<object> = async ({ authenticator }, session, payload) => {
  const { token } = readRequest.authenticate(payload);
  const identity = await authenticator.identify({ ...handshakeOf(session.socket), token, via: 'socket' });
  if (identity.userId !== session.identity.userId)
    throw new WireFault('FORBIDDEN', 'This token is of another user. Connect anew with it.');
  session.renew(identity);
  return {};
};
