import { requestJson, RequestRefused } from '../http/request-json.js';

export interface User {
  readonly id: string;
  readonly name: string;
  /** May look into the queues, at /admin. */
  readonly isAdmin: boolean;
}

/** Who is signed in, until when, and what holds for them. */
export interface Session {
  readonly user: User;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
  /** The largest PDF that is taken. */
  readonly uploadLimitBytes: number;
}

/** Resolves to the session of who is signed in, or to `null`. */
export async function fetchSession(): Promise<Session | null> {
  try {
    return await requestJson<Session>('/session');
  } catch (error) {
    if (error instanceof RequestRefused && error.status === 401) return null;
    throw error;
  }
}

/** Signs somebody in; a name is enough, because this is a demonstration. */
export async function signIn(name: string): Promise<void> {
  await requestJson<Session>('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user: name }),
  });
}

export const signOut = (): Promise<void> => requestJson('/session', { method: 'DELETE' });

/** A fresh token, for a socket that connects or whose token is about to end. */
export async function freshToken(): Promise<string> {
  const { token } = await requestJson<Session & { token: string }>('/session/refresh', { method: 'POST' });
  return token;
}
