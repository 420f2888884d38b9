import { Inject, type OnModuleInit, type Type } from '@nestjs/common';
import { WebSocketGateway, type OnGatewayInit } from '@nestjs/websockets';

import type { SocketIoServer } from '../gateway/jobs-websocket-gateway.js';
import { socketServerOptions } from '../gateway/socket-server-options.js';
import { JobEventsServerError } from '../server-errors.js';
import { MODULE_OPTIONS, type JobEventsModuleOptions } from './job-events-module-options.js';
import { NestJobEvents } from './nest-job-events.js';

type Options = JobEventsModuleOptions<unknown>;

/**
 * Receives the Socket.IO server that Nest's adapter makes, before it listens, and serves the namespace on it. A class of
 * its own for every module, because Nest keeps a gateway's options with its class.
 */
export function createJobsGateway(): Type {
  class JobsGateway implements OnGatewayInit<SocketIoServer>, OnModuleInit {
    #refuse: (() => never) | undefined;

    constructor(
      @Inject(MODULE_OPTIONS) private readonly options: Options,
      @Inject(NestJobEvents) private readonly jobEvents: NestJobEvents,
    ) {
      WebSocketGateway(socketServerOptions({ origins: options.origins, ...options.server }))(JobsGateway);
    }

    /** What is thrown here ends the process past every `catch`: Nest calls it from a subscription. */
    afterInit(io: SocketIoServer): void {
      try {
        this.#serve(io);
      } catch (error) {
        this.#refuse = () => {
          throw error;
        };
      }
    }

    /** Rejects `app.init()` and `app.listen()`; Nest calls it after `afterInit`. */
    onModuleInit(): void {
      this.#refuse?.();
    }

    #serve(io: SocketIoServer): void {
      if (typeof io?.of !== 'function')
        throw new JobEventsServerError(
          'INVALID_OPTIONS',
          "JobEventsModule needs Socket.IO. This application's WebSocket adapter makes another kind of server: use IoAdapter of @nestjs/platform-socket.io, or a subclass.",
        );
      if (this.options.adapter !== undefined) io.adapter(this.options.adapter);
      this.jobEvents.attach(io);
    }
  }
  return JobsGateway;
}
