import { JobEventsError } from '@notes/job-events-protocol';
import type { ClientOptions } from './client-options.js';
import type { WebSocketService } from './websocket-service.js';

/** On `globalThis`, because the ESM and the CommonJS build are two modules, and hot reloading makes a third. */
const KEY = Symbol.for('@notes/job-events-client');

interface Shared {
  /** The instance keeps this very object, so that the newest functions count. */
  readonly options: ClientOptions;
  client?: WebSocketService<any>;
}

const shared = (): Shared => ((globalThis as { [KEY]?: Shared })[KEY] ??= { options: {} });

/** Read at each call, so that the newest count: a module that is loaded again brings new ones that mean the same. */
const LIVE: readonly string[] = ['auth', 'fetch', 'onError', 'watchWakeSignals'] satisfies readonly (keyof ClientOptions)[];

/** Says whether a client that was made with one of them is as the other wants it. */
const isSame = (a: ClientOptions, b: ClientOptions): boolean =>
  (Object.keys({ ...a, ...b }) as (keyof ClientOptions)[]).every((key) => LIVE.includes(key) || meaningOf(a[key]) === meaningOf(b[key]));

/**
 * Lists and records by what is in them; functions and objects such as a `Manager` are the same or are not. Hot reloading
 * makes the function of `shareAcrossTabs` anew; under the same name it shares the same connection.
 */
function meaningOf(value: any): unknown {
  const isPlain = Array.isArray(value) || (value && Object.getPrototypeOf(value) === Object.prototype);
  return value?.sharedAs ?? (isPlain ? JSON.stringify(value) : value);
}

export function configureShared(options: ClientOptions): void {
  const now = shared();
  if (now.client && !isSame(options, now.options))
    throw new JobEventsError('INVALID_OPTIONS', 'The shared client has other options: call WebSocketService.reset() first.');
  Object.assign(now.options, options);
}

export function sharedInstance(
  options: ClientOptions | undefined,
  make: (options: ClientOptions) => WebSocketService<any>,
): WebSocketService<any> {
  if (typeof window === 'undefined')
    throw new JobEventsError('NO_SHARED_INSTANCE', 'On a server all users would share it: use new WebSocketService(options).');
  if (options) configureShared(options);
  const now = shared();
  return (now.client ??= make(now.options));
}

export function resetShared(): void {
  shared().client?.reset();
  shared().client?.close();
  delete (globalThis as { [KEY]?: Shared })[KEY];
}
