import type { IncomingMessage } from 'node:http';
import { JobEventsError } from '@notes/job-events-protocol';

/**
 * Who somebody is, as `authenticate` says. An application may add fields of its own (roles, a tenant); they come back in
 * `authorize` and `onCancel`, and never travel. What comes back is a frozen shallow copy with the same prototype, made at
 * sign-in: later changes to the returned object change nobody's identity. An object with `#private` fields cannot be
 * copied; return a plain one.
 */
export interface Identity {
  /** 1–128 printable characters, the tenant included if there are tenants. */
  readonly userId: string;
  /**
   * When this identity ends, as a `Date` or in milliseconds since 1970 (a JWT's `exp` is in seconds: multiply it by
   * 1,000). A socket is told 30 s before and cut off 30 s after, unless it brings a fresh token. One that has ended
   * already is refused.
   */
  readonly expiresAt?: Date | number | undefined;
}

/** What `authenticate` gets, the same for sockets and for HTTP. */
export interface AuthenticationRequest {
  /** `auth.token` of the socket's handshake, else the bearer token of the `Authorization` header. */
  readonly token: string | undefined;
  readonly headers: Headers;
  /**
   * The raw request: Node's for sockets and behind `nodeHandler` (so that a session middleware's `request.session` is
   * there), a web-standard one behind `handler`.
   */
  readonly request: IncomingMessage | Request;
  readonly via: 'socket' | 'http';
}

/**
 * Says who is asking. `null` or `undefined`, or a thrown error whose `code` is `UNAUTHENTICATED` or `FORBIDDEN`, refuses
 * for good. Any other error, and no answer within 5 s, means "try again": a token store that is down for a second must
 * not send every browser away.
 */
export type Authenticate<I extends Identity = Identity> = (
  request: AuthenticationRequest,
) => I | null | undefined | Promise<I | null | undefined>;

/** Thrown by an application's `authenticate` to refuse for good. */
export class UnauthenticatedError extends JobEventsError<'UNAUTHENTICATED'> {
  constructor(message = 'Sign in again.', options?: { cause?: unknown }) {
    super('UNAUTHENTICATED', message, options);
  }
}

/**
 * For demos and tests on one's own machine only: whoever connects is this user, sees all its jobs and may cancel them.
 *
 * @example
 * createJobEvents(io, { authenticate: dangerouslyAllowEverybodyAs('demo') });
 */
export function dangerouslyAllowEverybodyAs(userId: string): Authenticate {
  return () => ({ userId });
}
