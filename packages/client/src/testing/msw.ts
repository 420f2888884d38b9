import { http, HttpResponse, type HttpHandler } from 'msw';
import { SIGN_IN_PATH, signInPage } from './fake-proxy.js';
import type { FakeJobServer } from './fake-job-server-script.js';

/**
 * Handlers for Mock Service Worker that answer status requests from a fake server: for tests of an application whose
 * own `fetch` or whose loaders ask for the status of jobs. msw is an optional peer dependency.
 *
 * @param statusUrl As in the client's options; by default `/api/jobs` of any origin.
 *
 * @example
 * const jobs = createFakeJobServer();
 * const network = setupServer(...jobStatusHandlers(jobs));
 */
export function jobStatusHandlers(server: FakeJobServer, { statusUrl = '*/api/jobs' } = {}): HttpHandler[] {
  const answer = (request: Request, path: string) => {
    const { method, headers: sent } = request;
    const { status, headers, body } = server.status({ method, path, ifNoneMatch: sent.get('if-none-match') });
    return body === undefined || typeof body === 'string'
      ? new HttpResponse(body ?? null, { status, headers })
      : HttpResponse.json(body as object, { status, headers });
  };
  return [
    http.get(`*${SIGN_IN_PATH}`, () => new HttpResponse(String(signInPage.body), signInPage)),
    http.get(statusUrl, ({ request }) => answer(request, new URL(request.url).search)),
    http.get(`${statusUrl}/:jobId`, ({ request, params }) => answer(request, `/${String(params['jobId'])}`)),
    http.post(`${statusUrl}/:jobId/cancel`, ({ request, params }) => answer(request, `/${String(params['jobId'])}/cancel`)),
  ];
}
