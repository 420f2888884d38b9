import { JobEventsServerError } from '../server-errors.js';
import { WireFault } from './wire-fault.js';

/**
 * Which pages may talk to this server. A browser lets any page open a WebSocket anywhere and sends the cookies along;
 * CORS does not apply there, so the server has to look for itself.
 */
export class AllowedOrigins {
  readonly #origins: ReadonlySet<string> | undefined;

  /**
   * `undefined`: any page may. Which is safe with tokens, and unsafe with cookies.
   *
   * @throws JobEventsServerError `INVALID_OPTIONS`
   */
  constructor(origins: readonly string[] | undefined) {
    this.#origins = origins === undefined ? undefined : new Set(readOrigins(origins));
  }

  /** As browsers write them. */
  get list(): readonly string[] {
    return [...(this.#origins ?? [])];
  }

  get areChecked(): boolean {
    return this.#origins !== undefined;
  }

  includes(origin: string): boolean {
    return this.#origins?.has(origin.toLowerCase()) ?? false;
  }

  /**
   * Programs other than browsers send no `Origin`; they are let through with a token, which no page can make them send.
   * Nor do browsers name the origin where a page of this very server asks by long polling; they say so otherwise.
   *
   * @throws WireFault FORBIDDEN
   */
  check(headers: Headers, token: string | undefined): void {
    if (this.#origins === undefined) return;
    const origin = headers.get('origin');
    const isAllowed = origin === null ? token !== undefined || headers.get('sec-fetch-site') === 'same-origin' : this.includes(origin);
    if (!isAllowed) throw new WireFault('FORBIDDEN', 'Pages of this origin may not use this server.');
  }
}

/**
 * The origins as browsers write them: no trailing slash, lower case.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` for what is not a list of origins. `null`, which sandboxed pages of anybody send, is none.
 */
export function readOrigins(origins: readonly string[]): string[] {
  if (!Array.isArray(origins) || origins.length === 0)
    throw invalidOrigins(`must be a list of origins, such as ['https://app.example.com'], or left out`);
  return origins.map(readOrigin);
}

function readOrigin(origin: unknown): string {
  const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : undefined;
  const isBare = url !== undefined && url.host !== '' && /^\/?$/.test(url.pathname) && `${url.username}${url.password}${url.search}${url.hash}` === '' && !url.host.includes('*');
  if (!isBare) throw invalidOrigins(`has ${JSON.stringify(origin) ?? String(origin)}, which is no origin. Write a scheme and a host, such as https://app.example.com, without a path`);
  // Of a scheme that it does not know, such as that of an app's web view, `origin` would be "null".
  return `${url.protocol}//${url.host}`.toLowerCase();
}

const invalidOrigins = (problem: string): JobEventsServerError => new JobEventsServerError('INVALID_OPTIONS', `origins ${problem}.`);
