import { createContext, useContext } from 'react';

import type { User } from './session-api.js';

export const UserContext = createContext<User | null>(null);

/** Who is signed in. Only for what is shown to somebody who is. */
export function useUser(): User {
  const user = useContext(UserContext);
  if (user === null) throw new Error('useUser: nobody is signed in here.');
  return user;
}
