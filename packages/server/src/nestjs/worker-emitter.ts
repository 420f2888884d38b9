import { Inject, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';

import { JobEventEmitterService } from '../emitter/index.js';
import { MODULE_OPTIONS, type JobEventsWorkerOptions } from './job-events-module-options.js';
import { Shutdown } from './shutdown.js';

/** The emitter of a process without sockets, and its shutdown. */
export class WorkerEmitter implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly emitter: JobEventEmitterService<unknown>;
  readonly #shutdown: Shutdown;

  constructor(@Inject(MODULE_OPTIONS) options: JobEventsWorkerOptions<unknown>) {
    this.emitter = new JobEventEmitterService(options);
    this.#shutdown = new Shutdown(this.emitter, options);
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#shutdown.flush();
  }

  onApplicationShutdown(): Promise<void> {
    return this.#shutdown.close();
  }
}
