/** Every code a server answers with, and whether the same request, with the same token, can succeed later. */
const IS_RETRYABLE = {
  INVALID_PAYLOAD: false,
  UNAUTHENTICATED: false,
  FORBIDDEN: false,
  NOT_FOUND: true,
  LIMIT_EXCEEDED: true,
  RATE_LIMITED: true,
  UNSUPPORTED_PROTOCOL: false,
  INTERNAL: true,
};

export type WireErrorCode = keyof typeof IS_RETRYABLE;

/** The status of an answer over HTTP. */
export const HTTP_STATUS: Readonly<Record<WireErrorCode, number>> = {
  INVALID_PAYLOAD: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  LIMIT_EXCEEDED: 429,
  RATE_LIMITED: 429,
  UNSUPPORTED_PROTOCOL: 400,
  INTERNAL: 503,
};

/** `{ ok: false, error }` in an acknowledgement, and `err.data` of a refused connection. */
export interface WireError {
  readonly code: WireErrorCode;
  readonly message: string;
  /** With `RATE_LIMITED`: how long to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
}

export const isWireErrorCode = (value: unknown): value is WireErrorCode =>
  typeof value === 'string' && Object.hasOwn(IS_RETRYABLE, value);

/** Says whether the same request can succeed later; `false` for a code of a newer server. */
export const isRetryable = ({ code }: WireError): boolean => isWireErrorCode(code) && IS_RETRYABLE[code];
