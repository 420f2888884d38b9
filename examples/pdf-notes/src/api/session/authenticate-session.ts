import type { Authenticate } from '@notes/job-events-server';
import { tokenIn } from './session-cookie.js';
import type { SessionTokens } from './session-tokens.js';

/** Lets sockets and the status endpoint in by the same session as everything else: a token, else the cookie. */
export const authenticateSession =
  (tokens: SessionTokens): Authenticate =>
  async ({ token, headers }) => {
    const presented = token ?? tokenIn({ cookie: headers.get('cookie') });
    const session = presented === undefined ? undefined : await tokens.verify(presented);
    return session === undefined ? null : { userId: session.user.id, expiresAt: session.expiresAt };
  };
