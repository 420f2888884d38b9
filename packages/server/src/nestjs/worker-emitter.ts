import { Inject, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';

import { JobEventEmitterService } from '../emitter/index.js';
import { MODULE_OPTIONS, type JobEventsWorkerOptions } from './job-events-module-options.js';

/** The emitter of a process without sockets, and its end. */
export class WorkerEmitter implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly emitter: JobEventEmitterService<unknown>;
  readonly #options: JobEventsWorkerOptions<unknown>;

  constructor(@Inject(MODULE_OPTIONS) options: JobEventsWorkerOptions<unknown>) {
    this.#options = options;
    this.emitter = new JobEventEmitterService(options);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.emitter.flush();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.emitter.close();
    await this.#options.close?.();
  }
}
