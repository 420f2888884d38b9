import type { Authenticate } from '@notes/job-events-server';
import { isSameOrigin } from './same-origin.js';
import { tokenIn } from './session-cookie.js';
import type { SessionTokens } from './session-tokens.js';

/**
 * Lets sockets and the status endpoint in by the same session as everything else: a token, else the cookie. The
 * cookie counts only for pages of this origin, because a browser sends it along with any page's WebSocket.
 */
export const authenticateSession =
  (tokens: SessionTokens): Authenticate =>
  async ({ token, headers }) => {
    const presented = token ?? (isSameOrigin(headers.get('origin'), headers.get('host')) ? tokenIn({ cookie: headers.get('cookie') }) : undefined);
    const session = presented === undefined ? undefined : await tokens.verify(presented);
    return session === undefined ? null : { userId: session.user.id, expiresAt: session.expiresAt };
  };
