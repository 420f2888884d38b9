import { STATUS_CODES } from 'node:http';
import { HTTP_STATUS, type ProblemDetails, type WireError } from '@notes/job-events-protocol';

const RETRY_AFTER_MS = 2_000;

/** In whole seconds, as HTTP has it. */
const retryAfter = ({ retryAfterMs = RETRY_AFTER_MS }: WireError): string => String(Math.ceil(retryAfterMs / 1_000));

/** RFC 9457 problem details. `headers` add to, and go before, those of the problem itself. */
export function problem(error: WireError, status: number = HTTP_STATUS[error.code], headers: HeadersInit = {}): Response {
  const details: ProblemDetails = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    code: error.code,
  };
  const all = new Headers({
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
    ...((status === 429 || status === 503) && { 'Retry-After': retryAfter(error) }),
  });
  new Headers(headers).forEach((value, name) => all.set(name, value));
  return new Response(JSON.stringify(details), { status, headers: all });
}
