import type { RequestHandler } from 'express';

/** For every answer: no page of somebody else's shows ours in a frame, and nothing is taken for what it does not say it is. */
export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': "frame-ancestors 'none'; base-uri 'self'; object-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
  });
  next();
};
