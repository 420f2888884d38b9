import { Inject, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';

import { createJobEvents, type JobEvents, type JobEventsWithoutSockets } from '../create-job-events.js';
import type { JobsWebSocketGateway, SocketIoServer } from '../gateway/jobs-websocket-gateway.js';
import { JobEventsServerError } from '../server-errors.js';
import { MODULE_OPTIONS, type JobEventsModuleOptions } from './job-events-module-options.js';
import { LateBroadcaster } from './late-broadcaster.js';
import { Shutdown } from './shutdown.js';

/** `createJobEvents` in the order in which Nest makes things: providers first, the Socket.IO server afterwards. */
export class NestJobEvents implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #shutdown: Shutdown;
  readonly #broadcaster = new LateBroadcaster();
  readonly #parts: JobEventsWithoutSockets<unknown>;
  #gateway: JobsWebSocketGateway | undefined;
  /** What the application injects. */
  readonly jobEvents: JobEvents<unknown>;

  constructor(@Inject(MODULE_OPTIONS) options: JobEventsModuleOptions<unknown>) {
    this.#parts = createJobEvents({ broadcaster: this.#broadcaster }, options);
    const { emitter, close } = this.#parts;
    this.#shutdown = new Shutdown({ flush: (flushOptions) => emitter.flush(flushOptions), close }, options);
    const gateway = (): JobsWebSocketGateway => this.#openGateway();
    this.jobEvents = {
      ...this.#parts,
      get gateway() {
        return gateway();
      },
      revoke: (whom) => gateway().revoke(whom),
    };
  }

  /** Serves the namespace on the server that Nest made. */
  attach(io: SocketIoServer): void {
    this.#gateway = this.#parts.attach(io);
    this.#broadcaster.begin(this.#gateway.namespace);
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#shutdown.flush();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#shutdown.close();
  }

  #openGateway(): JobsWebSocketGateway {
    if (this.#gateway === undefined)
      throw new JobEventsServerError('INVALID_OPTIONS', 'The gateway is there once the Nest application is initialized: use it after app.init() or app.listen().');
    return this.#gateway;
  }
}
