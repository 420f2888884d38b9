import { jwtVerify, SignJWT } from 'jose';
import type { User } from '../../database/users.js';

export interface Session {
  readonly user: User;
  readonly expiresAt: Date;
}

const ALGORITHM = 'HS256';
const AUDIENCE = 'pdf-notes';

/** Signs and checks the tokens that say who somebody is. Nothing is stored: the signature is the proof. */
export class SessionTokens {
  readonly #key: Uint8Array;
  readonly #lifetimeMs: number;
  readonly #now: () => number;

  constructor(options: { readonly secret: string; readonly lifetimeMs: number }, now: () => number = Date.now) {
    this.#key = new TextEncoder().encode(options.secret);
    this.#lifetimeMs = options.lifetimeMs;
    this.#now = now;
  }

  async issue(user: User): Promise<{ readonly token: string; readonly session: Session }> {
    const expires = Math.floor((this.#now() + this.#lifetimeMs) / 1000);
    const token = await new SignJWT({ name: user.name })
      .setProtectedHeader({ alg: ALGORITHM })
      .setSubject(user.id)
      .setAudience(AUDIENCE)
      .setExpirationTime(expires)
      .sign(this.#key);
    return { token, session: { user, expiresAt: new Date(expires * 1000) } };
  }

  /** `undefined` for a token that is not ours, was changed, or is over. */
  async verify(token: string): Promise<Session | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp'],
        currentDate: new Date(this.#now()),
      });
      if (payload.sub === undefined || payload.exp === undefined) return undefined;
      const name = typeof payload['name'] === 'string' ? payload['name'] : payload.sub;
      return { user: { id: payload.sub, name }, expiresAt: new Date(payload.exp * 1000) };
    } catch {
      // Whatever is wrong with a token, its bearer is nobody.
      return undefined;
    }
  }
}
