import { createContext, useContext } from 'react';

import type { Session } from './session-api.js';

export const SessionContext = createContext<Session | null>(null);

/** The session of who is signed in. Only for what is shown to somebody who is. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession: nobody is signed in here.');
  return session;
}
