/**
 * Every code a server answers with, and whether the same request can succeed later. `final` ones are not tried again
 * with the same token.
 */
export const WIRE_ERRORS = {
  INVALID_PAYLOAD: { final: true, http: 400 },
  UNAUTHENTICATED: { final: true, http: 401 },
  FORBIDDEN: { final: true, http: 403 },
  NOT_FOUND: { final: false, http: 404 },
  LIMIT_EXCEEDED: { final: false, http: 429 },
  RATE_LIMITED: { final: false, http: 429 },
  UNSUPPORTED_PROTOCOL: { final: true, http: 400 },
  INTERNAL: { final: false, http: 503 },
} as const satisfies Record<string, { final: boolean; http: number }>;

export type WireErrorCode = keyof typeof WIRE_ERRORS;

/** `{ ok: false, error }` in an acknowledgement, and `err.data` of a refused connection. */
export interface WireError {
  readonly code: WireErrorCode;
  readonly message: string;
  /** With `RATE_LIMITED`: how long to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
}

export const isWireErrorCode = (value: unknown): value is WireErrorCode =>
  typeof value === 'string' && Object.hasOwn(WIRE_ERRORS, value);
