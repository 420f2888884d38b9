import type { ClientOptions } from './client-options.js';

/** Read at each call, so that the newest count: a module that is loaded again brings new ones that mean the same. */
export const LIVE_OPTIONS = ['auth', 'fetch', 'onError', 'watchWakeSignals'] as const satisfies readonly (keyof ClientOptions)[];

/** The options that a client which was made with the first cannot take from the second. */
export const fixedOptionsThatChange = (before: ClientOptions, now: ClientOptions): readonly string[] =>
  (Object.keys({ ...before, ...now }) as (keyof ClientOptions)[]).filter(
    (name) => !(LIVE_OPTIONS as readonly string[]).includes(name) && meaningOf(before[name]) !== meaningOf(now[name]),
  );

/**
 * Lists and records by what is in them; functions and objects such as a `Manager` are the same or are not. Hot reloading
 * makes the function of `shareAcrossTabs` anew; under the same name it shares the same connection.
 */
function meaningOf(value: any): unknown {
  const isPlain = Array.isArray(value) || (value && Object.getPrototypeOf(value) === Object.prototype);
  return value?.sharedAs ?? (isPlain ? JSON.stringify(value) : value);
}
