import type { IncomingMessage, ServerResponse } from 'node:http';
import { toHeaders } from '../access/to-headers.js';
import { isUnder } from './status-route.js';

/**
 * For Node's `http`, Express (`app.use(jobEvents.nodeHandler)`) and, through `@fastify/middie` or `reply.hijack()`,
 * Fastify. What is not under `statusPath` goes to `next`, or is answered 404 where there is none.
 */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void;

/** Runs a web-standard handler behind Node's own request and response. */
export function createNodeHandler(options: {
  statusPath: string;
  respond: (request: Request, raw: IncomingMessage) => Promise<Response>;
}): NodeHandler {
  return (request, response, next) => {
    const path = pathOf(request);
    if (next !== undefined && !isUnder(options.statusPath, path.split('?', 1)[0] ?? '')) return next();
    answer(request, path)
      .then((webResponse) => sendResponse(webResponse, response))
      .catch(() => response.destroy());
  };

  async function answer(request: IncomingMessage, path: string): Promise<Response> {
    // The web's own Request refuses these.
    if (UNSPEAKABLE_METHODS.has(request.method ?? '')) return new Response(null, { status: 405 });
    return options.respond(toWebRequest(request, path), request);
  }
}

const UNSPEAKABLE_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** Writes a web-standard response to Node's. */
export async function sendResponse(answer: Response, response: ServerResponse): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  if (response.headersSent || response.destroyed) return;
  response.statusCode = answer.status;
  // The application's own headers stay: a framework's CORS middleware has set its `Vary` already.
  answer.headers.forEach((value, name) => {
    if (name === 'vary') response.appendHeader(name, value);
    else response.setHeader(name, value);
  });
  if (answer.status !== 304 && answer.status !== 204 && response.req.method !== 'HEAD')
    response.setHeader('Content-Length', body.byteLength);
  response.end(body);
}

/** Frameworks that mount a handler under a path cut that path off `url`. */
function pathOf(request: IncomingMessage): string {
  return 'originalUrl' in request && typeof request.originalUrl === 'string' ? request.originalUrl : (request.url ?? '/');
}

/** Bodies are not read: no request to the status endpoint has one that matters. */
function toWebRequest(request: IncomingMessage, path: string): Request {
  const method = request.method ?? 'GET';
  const url = URL.canParse(path, 'http://localhost') ? new URL(path, 'http://localhost') : new URL('http://localhost/');
  return new Request(url, { method, headers: toHeaders(request.headers) });
}
