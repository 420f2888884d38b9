import { WireFault } from './wire-fault.js';

/**
 * Which pages may talk to this server. A browser lets any page open a WebSocket anywhere and sends the cookies along;
 * CORS does not apply there, so the server has to look for itself.
 */
export class AllowedOrigins {
  readonly #origins: ReadonlySet<string> | undefined;

  /** `undefined`: any page may. Which is safe with tokens, and unsafe with cookies. */
  constructor(origins: readonly string[] | undefined) {
    this.#origins = origins && new Set(origins.map(normalizeOrigin));
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

/** As browsers write it: no path, no trailing slash, lower case. */
export const normalizeOrigin = (origin: string): string => (URL.canParse(origin) ? new URL(origin).origin : origin.toLowerCase());
