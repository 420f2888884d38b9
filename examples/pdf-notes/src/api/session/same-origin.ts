import type { RequestHandler } from 'express';
import { Problem } from '../problem/problem.js';
import { sendProblem } from '../problem/send-problem.js';

const CHANGES_NOTHING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Browsers name the origin of every WebSocket, and of whatever crosses origins or changes something. */
export const isSameOrigin = (origin: string | null | undefined, host: string | null | undefined): boolean =>
  origin === null || origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);

/**
 * Keeps pages of other origins from changing something in the name of whoever is signed in. The cookie's `SameSite`
 * does not do that by itself: another port or subdomain is the same site, and nobody need be signed in to be signed in as
 * somebody else. Who brings a token knows what he does.
 */
export const sameOriginOnly: RequestHandler = ({ method, headers }, response, next) => {
  if (CHANGES_NOTHING.has(method) || headers.authorization !== undefined || isSameOrigin(headers.origin, headers.host)) return next();
  sendProblem(response, new Problem(403, 'FORBIDDEN', 'This is not possible from a page of another address.'));
};
