import { isWireErrorCode, JobEventsError, type WireError, type WireErrorCode } from '@notes/job-events-protocol';

/** What a client is answered instead of a result. Never leaves the library but as `{ code, message }`. */
export class WireFault extends JobEventsError<WireErrorCode> {
  /** How long the client should wait, in ms, where that is known. */
  readonly retryAfterMs: number | undefined;

  constructor(code: WireErrorCode, message: string, options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {}) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }

  toWireError(): WireError {
    const { code, message, retryAfterMs } = this;
    return { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
}

export const invalidPayload = (message: string): WireFault => new WireFault('INVALID_PAYLOAD', message);

/** The one answer for a job that does not exist and for one that is somebody else's. */
export const jobNotFound = (): WireFault => new WireFault('NOT_FOUND', 'There is no such job.');

export const rateLimited = (message: string, waitMs: number): WireFault =>
  new WireFault('RATE_LIMITED', message, { retryAfterMs: Math.max(1, Math.ceil(waitMs)) });

export const tryAgain = (cause?: unknown): WireFault =>
  new WireFault('INTERNAL', 'The server cannot answer just now. Try again.', { cause });

/** The code of a refusal that an application's callback threw, whatever class it is of. */
export function codeOf(error: unknown): WireErrorCode | undefined {
  try {
    const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
    return isWireErrorCode(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
