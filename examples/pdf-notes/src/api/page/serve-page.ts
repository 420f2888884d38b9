import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, Router } from 'express';

const PAGE = fileURLToPath(new URL('../../web/', import.meta.url));

/** Paths that are never a page, whatever a browser says it accepts. */
const NOT_A_PAGE = /^\/(api|session|socket\.io|admin|health|ready)(\/|$)/;

/**
 * Serves what Vite built: its files, and the page itself for every other path that a browser opens. `/notes/7` is
 * thus the page for a browser's address bar and JSON for `fetch`, which does not ask for HTML.
 */
export function servePage(): RequestHandler {
  const router = Router();
  router.use('/assets', express.static(`${PAGE}assets`, { immutable: true, maxAge: '1y', fallthrough: false }));
  router.use(express.static(PAGE, { index: false }));
  router.get(/.*/, (request, response, next) => {
    if (NOT_A_PAGE.test(request.path)) return next();
    response.vary('Accept');
    if (request.accepts(['json', 'html']) !== 'html') return next();
    response.sendFile('index.html', { root: PAGE, headers: { 'Cache-Control': 'no-cache' } });
  });
  return router;
}
