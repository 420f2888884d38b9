import { requestJson, RequestRefused } from '../http/request-json.js';

export interface User {
  readonly id: string;
  readonly name: string;
  /** May look into the queues, at /admin. */
  readonly isAdmin: boolean;
}

/** Who is signed in, until when, and the proof of it for the socket. */
export interface Session {
  readonly user: User;
  readonly token: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
}

/** Resolves to who is signed in, or to `null`. */
export async function fetchUser(): Promise<User | null> {
  try {
    const { user } = await requestJson<Pick<Session, 'user' | 'expiresAt'>>('/session');
    return user;
  } catch (error) {
    if (error instanceof RequestRefused && error.status === 401) return null;
    throw error;
  }
}

/** Signs somebody in; a name is enough, because this is a demonstration. */
export async function signIn(name: string): Promise<User> {
  const { user } = await requestJson<Session>('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: name }),
  });
  return user;
}

export const signOut = (): Promise<void> => requestJson('/session', { method: 'DELETE' });

/** A fresh token, for a socket that connects or whose token is about to end. */
export async function freshToken(): Promise<string> {
  const { token } = await requestJson<Session>('/session/refresh', { method: 'POST' });
  return token;
}
