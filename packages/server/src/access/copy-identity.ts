import type { Identity } from './identity.js';

/**
 * A frozen copy of what `authenticate` returned, with fields and prototype of the application's own. `userId` and
 * `expiresAt` are read once: what they say at sign-in holds.
 */
export function copyIdentity<I extends Identity>(identity: I): I {
  const { userId, expiresAt } = identity;
  const value = expiresAt instanceof Date ? new Date(expiresAt) : expiresAt;
  return Object.freeze(
    Object.create(Object.getPrototypeOf(identity) as object | null, {
      ...Object.getOwnPropertyDescriptors(identity),
      userId: { value: userId, enumerable: true },
      ...(expiresAt !== undefined && { expiresAt: { value, enumerable: true } }),
    }) as I,
  );
}
