/** The server refused a request; `message` is its own sentence about why (RFC 9457, `detail`). */
export class RequestRefused extends Error {
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RequestRefused';
    this.status = status;
  }
}

export const UNREACHABLE = 'The server cannot be reached. Check your connection and try again.';

/**
 * Asks the server for JSON; an answer without a body resolves to `undefined`.
 *
 * @throws {RequestRefused} with a sentence for people, for every answer that is not 2xx, and with status 0 where
 * there was no answer at all.
 */
export async function requestJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await send(path, init);
  if (!response.ok) throw new RequestRefused(response.status, await reasonIn(response));
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    // A note's page and its data share an address, so the answer must never come from, or go to, the page's cache entry.
    return await fetch(path, {
      ...init,
      cache: 'no-store',
      headers: { accept: 'application/json', ...init.headers },
    });
  } catch (cause) {
    throw new RequestRefused(0, UNREACHABLE, { cause });
  }
}

async function reasonIn(response: Response): Promise<string> {
  const problem = (await response.json().catch(() => ({}))) as { detail?: unknown };
  return typeof problem.detail === 'string' ? problem.detail : `The server answered ${response.status}. Try again in a moment.`;
}

/** A sentence about anything that was thrown. */
export const sentenceFor = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something went wrong. Try again.';
