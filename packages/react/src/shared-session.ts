import { WebSocketService } from '@notes/job-events-client';

import { sessionOf, type UserSession } from './user-session.js';

/**
 * The session of the shared client. On a server, where nothing may be shared between users and no effect runs, it is one
 * of a client of its own, which opens nothing and is gone with the request.
 */
export function sharedSession(): UserSession {
  return sessionOf(typeof window === 'undefined' ? new WebSocketService() : WebSocketService.getInstance());
}
