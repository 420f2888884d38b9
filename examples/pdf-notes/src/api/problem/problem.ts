/** Something that the caller should know, as it is answered: `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** For programs, upper case. */
  readonly code: string;

  /** @param detail one sentence that a person understands, and what to do about it. */
  constructor(status: number, code: string, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.status = status;
    this.code = code;
  }
}

export const notSignedIn = () => new Problem(401, 'UNAUTHENTICATED', 'You are not signed in, or your session is over. Sign in again.');
