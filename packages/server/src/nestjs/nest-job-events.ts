import { Inject, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';

import { createJobEvents, type JobEvents, type JobEventsWithoutSockets } from '../create-job-events.js';
import type { JobsWebSocketGateway, SocketIoServer } from '../gateway/jobs-websocket-gateway.js';
import { JobEventsServerError } from '../server-errors.js';
import { MODULE_OPTIONS, type JobEventsModuleOptions } from './job-events-module-options.js';
import { LateBroadcaster } from './late-broadcaster.js';

/** `createJobEvents` in the order in which Nest makes things: providers first, the Socket.IO server afterwards. */
export class NestJobEvents implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #options: JobEventsModuleOptions<unknown>;
  readonly #broadcaster = new LateBroadcaster();
  readonly #parts: JobEventsWithoutSockets<unknown>;
  #gateway: JobsWebSocketGateway | undefined;
  /** What the application injects. */
  readonly jobEvents: JobEvents<unknown>;

  constructor(@Inject(MODULE_OPTIONS) options: JobEventsModuleOptions<unknown>) {
    this.#options = options;
    this.#parts = createJobEvents({ broadcaster: this.#broadcaster }, options);
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

  /** The sockets are still open: whoever watches sees the last of it. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#parts.emitter.flush();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#parts.close();
    await this.#options.close?.();
  }

  #openGateway(): JobsWebSocketGateway {
    if (this.#gateway === undefined)
      throw new JobEventsServerError('INVALID_OPTIONS', 'The gateway is there once the Nest application is initialized: use it after app.init() or app.listen().');
    return this.#gateway;
  }
}
