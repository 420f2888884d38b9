import { isUserId } from '@notes/job-events-protocol';
import { JobEventsServerError } from '../server-errors.js';
import { messageOf } from '../store/message-of.js';
import type { Timing } from '../timing.js';
import { copyIdentity } from './copy-identity.js';
import { RequestTimeout, withinRequestTime } from './request-timeout.js';
import type { Authenticate, AuthenticationRequest, Identity } from './identity.js';
import { TIMES } from './limits.js';
import type { RequestFaults } from './request-faults.js';
import type { RevokedUsers } from './revoked-users.js';
import { codeOf, tryAgain, WireFault } from './wire-fault.js';

/** A number below this, taken as milliseconds, lies in 1973: it is a JWT's `exp`, in seconds. */
const SECONDS_NOT_MILLISECONDS = 100_000_000_000;

/** Asks the application who somebody is, and turns whatever comes back into an identity or a {@link WireFault}. */
export class Authenticator<I extends Identity> {
  readonly #authenticate: Authenticate<I>;
  readonly #timing: Timing;
  readonly #revoked: RevokedUsers;
  readonly #faults: RequestFaults;

  constructor(options: { authenticate: Authenticate<I>; timing: Timing; revoked: RevokedUsers; faults: RequestFaults }) {
    if (typeof options.authenticate !== 'function')
      throw new JobEventsServerError(
        'INVALID_OPTIONS',
        'createJobEvents needs `authenticate`: a function that says who is asking, or null. To try things on your own machine without sign-in, pass dangerouslyAllowEverybodyAs("demo").',
      );
    this.#authenticate = options.authenticate;
    this.#timing = options.timing;
    this.#revoked = options.revoked;
    this.#faults = options.faults;
  }

  /**
   * Resolves to a frozen copy.
   *
   * @throws WireFault UNAUTHENTICATED or FORBIDDEN: refused for good; INTERNAL: try again, also where the user was revoked
   * meanwhile, because `authenticate` may have read what held before.
   */
  async identify(request: AuthenticationRequest): Promise<I> {
    const { count } = this.#revoked;
    const identity = this.#read(await this.#ask(request));
    if (this.#revoked.hasSince(count, identity.userId)) throw tryAgain('revoked meanwhile');
    return identity;
  }

  #read(returned: I | null | undefined): I {
    if (returned === null || returned === undefined) throw new WireFault('UNAUTHENTICATED', 'Sign in to see jobs.');
    const identity = this.#copy(returned);
    if (!isUserId(identity.userId)) throw this.#misused('without a userId of 1 to 128 printable characters');
    const expiresAt = expiryOf(identity);
    if (expiresAt === undefined) return identity;
    if (!(expiresAt > SECONDS_NOT_MILLISECONDS))
      throw this.#misused('whose expiresAt is not a Date or milliseconds since 1970 (multiply a JWT’s exp by 1,000)');
    if (expiresAt <= this.#timing.now())
      throw new WireFault('UNAUTHENTICATED', 'This token has expired. Sign in again.');
    return identity;
  }

  #copy(returned: I): I {
    try {
      if (typeof returned === 'object') return copyIdentity(returned);
    } catch (cause) {
      throw this.#misused('that cannot be copied', cause);
    }
    throw this.#misused('that is not an object');
  }

  async #ask(request: AuthenticationRequest): Promise<I | null | undefined> {
    try {
      const asked = Promise.resolve(this.#authenticate(request));
      return await withinRequestTime(asked, TIMES.authentication, this.#timing);
    } catch (error) {
      const code = codeOf(error);
      if (code === 'UNAUTHENTICATED') throw new WireFault(code, 'Sign in to see jobs.', { cause: error });
      if (code === 'FORBIDDEN') throw new WireFault(code, 'This is not allowed.', { cause: error });
      if (error instanceof RequestTimeout) this.#faults.report('HANDLER_FAILED', `authenticate did not answer within ${TIMES.authentication} ms, so the client is told to try again`, error, '');
      else this.#faults.report('HANDLER_FAILED', 'authenticate threw, so the client is told to try again', error, `${messageOf(error)} If this means that nobody is signed in, return null or throw UnauthenticatedError instead.`);
      throw tryAgain(error);
    }
  }

  #misused(how: string, cause?: unknown): WireFault {
    this.#faults.report('HANDLER_FAILED', `authenticate returned an identity ${how}`, cause, '');
    return tryAgain(cause);
  }
}

/** When an identity ends, in milliseconds since 1970. */
export const expiryOf = (identity: Identity): number | undefined => identity.expiresAt?.valueOf();

/** The token of an `Authorization: Bearer …` header. */
export function bearerToken(headers: Headers): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.get('authorization') ?? '')?.[1];
}
