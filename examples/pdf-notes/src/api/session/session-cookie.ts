import { parseCookie } from 'cookie';
import type { Response } from 'express';
import type { Session } from './session-tokens.js';

const NAME = 'session';

/** Puts the token into a cookie that scripts cannot read and that other sites' forms do not send. */
export function setSessionCookie(response: Response, token: string, session: Session): void {
  response.cookie(NAME, token, {
    httpOnly: true,
    sameSite: 'lax',
    secure: response.req.secure,
    path: '/',
    expires: session.expiresAt,
  });
}

export const clearSessionCookie = (response: Response): void => {
  response.clearCookie(NAME, { path: '/' });
};

/** The request headers that may say who is asking. */
interface Credentials {
  readonly authorization?: string | null | undefined;
  readonly cookie?: string | null | undefined;
}

/** The bearer token, else the cookie's. */
export function tokenIn(headers: Credentials): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? parseCookie(headers.cookie ?? '')[NAME];
}
