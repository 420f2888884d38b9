import type { RequestHandler } from 'express';
import { Problem, notSignedIn } from '../problem/problem.js';
import { sendProblem } from '../problem/send-problem.js';
import { tokenIn } from '../session/session-cookie.js';
import type { SessionTokens } from '../session/session-tokens.js';

/** Lets administrators through. A browser that nobody is signed in with is sent to the page, where one can. */
export function adminsOnly(tokens: SessionTokens, adminUsers: ReadonlySet<string>): RequestHandler {
  return async (request, response, next) => {
    const token = tokenIn(request.headers);
    const session = token === undefined ? undefined : await tokens.verify(token);
    if (session !== undefined && adminUsers.has(session.user.id)) return next();
    if (session === undefined && request.method === 'GET' && request.accepts(['json', 'html']) === 'html') return response.redirect(303, '/');
    sendProblem(response, session === undefined ? notSignedIn() : new Problem(403, 'FORBIDDEN', 'This is for administrators only.'));
  };
}
