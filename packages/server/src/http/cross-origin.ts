import type { AllowedOrigins } from '../access/origins.js';
import { WireFault } from '../access/wire-fault.js';

/** What a browser page of an allowed origin may send and read. */
const PREFLIGHT_HEADERS = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-None-Match',
  'Access-Control-Max-Age': '600',
};

/** CORS for the status endpoint, where `origins` are given; else the application's own CORS holds. */
export function withCrossOrigin(response: Response, request: Request, origins: AllowedOrigins): Response {
  const origin = request.headers.get('origin');
  if (!origins.areChecked) return response;
  response.headers.append('Vary', 'Origin');
  if (origin === null || !origins.includes(origin)) return response;
  response.headers.set('Access-Control-Allow-Origin', origin);
  response.headers.set('Access-Control-Allow-Credentials', 'true');
  response.headers.set('Access-Control-Expose-Headers', 'ETag, Location, Retry-After');
  return response;
}

export const preflightResponse = (): Response => new Response(null, { status: 204, headers: PREFLIGHT_HEADERS });

/**
 * A page elsewhere can make a browser POST with the user's cookies, without asking anybody. It cannot make it send a
 * token. Browsers name the origin of every POST; where none is named, they say how far away the page is.
 *
 * @throws WireFault FORBIDDEN
 */
export function refuseForgedRequest(request: Request, token: string | undefined, origins: AllowedOrigins): void {
  if (token !== undefined) return;
  const origin = request.headers.get('origin');
  const isAllowed = origin !== null && origins.includes(origin);
  const site = request.headers.get('sec-fetch-site');
  const isForeign = site === 'cross-site' || (origins.areChecked && (origin !== null || site === 'same-site'));
  if (isForeign && !isAllowed) throw new WireFault('FORBIDDEN', 'Pages of this origin may not do this.');
}
