import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import type { ServerOptions } from 'socket.io';

import type { JobEventsOptions } from '../job-events-options.js';
import type { Identity } from '../access/identity.js';
import type { Broadcaster } from '../broadcaster.js';
import type { JobEventEmitterOptions } from '../emitter/index.js';
import type { ShutdownOptions } from './shutdown.js';

/**
 * The options of `createJobEvents`, and those of the Socket.IO server that Nest makes.
 *
 * `statusPath` is the path that clients see, the application's global prefix included: `/api/jobs` by default.
 */
export interface JobEventsModuleOptions<J, I extends Identity = Identity> extends JobEventsOptions<J, I>, ShutdownOptions {
  /** Socket.IO's adapter, for several processes: what `connectRedis` and `connectPostgres` return. */
  readonly adapter?: ServerOptions['adapter'] | undefined;
  /** Of a spread connection; the gateway's own server is used instead. */
  readonly broadcaster?: Broadcaster | undefined;
  /**
   * Options of the Socket.IO server, such as `path`. They hold where no other gateway of the application made the
   * server before. By default: no compression, packets of at most 100,000 bytes, CORS for `origins`.
   */
  readonly server?: Partial<ServerOptions> | undefined;
}

/** For a process that only reports: no sockets, no endpoint. */
export interface JobEventsWorkerOptions<J> extends JobEventEmitterOptions<J>, ShutdownOptions {
  /** Of a spread connection; there is no Socket.IO server here. */
  readonly adapter?: unknown;
}

/** Options that other providers make. */
export interface AsyncOptions<Options> {
  readonly imports?: DynamicModule['imports'];
  /** The providers that `useFactory` is given, in order. */
  readonly inject?: FactoryProvider['inject'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in Nest: what is injected is known to the application alone
  readonly useFactory: (...injected: any[]) => Options | Promise<Options>;
}

/** @internal */
export const MODULE_OPTIONS = Symbol('job-events-module-options');
