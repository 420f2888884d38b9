import { JobEventsError } from '@notes/job-events-protocol';
import type { ClientOptions } from './client-options.js';
import { fixedOptionsThatChange } from './option-changes.js';
import type { WebSocketService } from './websocket-service.js';

/** On `globalThis`, because the ESM and the CommonJS build are two modules, and hot reloading makes a third. */
const KEY = Symbol.for('@notes/job-events-client');

interface Shared {
  /** The instance keeps this very object, so that the newest functions count. */
  readonly options: ClientOptions;
  client?: WebSocketService<any>;
}

const shared = (): Shared => ((globalThis as { [KEY]?: Shared })[KEY] ??= { options: {} });

export function configureShared(options: ClientOptions): void {
  const now = shared();
  if (now.client && fixedOptionsThatChange(now.options, options)[0])
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
