import { WireFault } from './wire-fault.js';

/**
 * Which pages may talk to this server. A browser lets any page open a WebSocket anywhere and sends the cookies along;
 * CORS does not apply there, so the server has to look for itself.
 */
export class AllowedOrigins {
  readonly #origins: ReadonlySet<string> | undefined;

  /** `undefined`: any page may. Which is safe with tokens, and unsafe with cookies. */
  constructor(origins: readonly string[] | undefined) {
    this.#origins = origins && new Set(origins.map(normalize));
  }

  get areChecked(): boolean {
    return this.#origins !== undefined;
  }

  includes(origin: string): boolean {
    return this.#origins?.has(origin.toLowerCase()) ?? false;
  }

  /**
   * Programs other than browsers send no `Origin`; they are let through with a token, which no page can make them send.
   *
   * @throws WireFault FORBIDDEN
   */
  check(origin: string | null, token: string | undefined): void {
    if (this.#origins === undefined) return;
    if (origin === null ? token === undefined : !this.includes(origin))
      throw new WireFault('FORBIDDEN', 'Pages of this origin may not use this server.');
  }
}

/** As browsers write it: no path, no trailing slash, lower case. */
function normalize(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).origin : origin.toLowerCase();
}
