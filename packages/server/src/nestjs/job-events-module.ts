import { Inject, Module, type DynamicModule, type FactoryProvider, type NestModule, type Provider, type Type } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';

import type { Identity } from '../access/identity.js';
import { JobEventEmitterService } from '../emitter/index.js';
import { JOB_EVENTS } from './inject-job-events.js';
import { MODULE_OPTIONS, type AsyncOptions, type JobEventsModuleOptions, type JobEventsWorkerOptions } from './job-events-module-options.js';
import { createStatusController, serveAt } from './job-status-controller.js';
import { createJobsGateway } from './jobs-gateway.js';
import { NestJobEvents } from './nest-job-events.js';
import { pathBelowPrefix } from './public-path.js';
import { shutDownLast } from './shut-down-last.js';
import { WorkerEmitter } from './worker-emitter.js';

const STATUS_CONTROLLER = Symbol('job-events-status-controller');

class JobEventsServerModule implements NestModule {
  constructor(
    @Inject(MODULE_OPTIONS) private readonly options: JobEventsModuleOptions<unknown>,
    @Inject(STATUS_CONTROLLER) private readonly statusController: Type,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    shutDownLast(modules, JobEventsServerModule);
  }

  /** Nest calls this when the global prefix is known and no route has been laid yet. */
  configure(): void {
    const { statusPath = '/api/jobs' } = this.options;
    serveAt(pathBelowPrefix(statusPath, this.application.getGlobalPrefix()), this.statusController);
  }
}

class JobEventsWorkerModule {
  constructor(@Inject(ModulesContainer) modules: ModulesContainer) {
    shutDownLast(modules, JobEventsWorkerModule);
  }
}

/**
 * Job events in a NestJS application: the emitter and the rest of `createJobEvents` as providers of every module, the
 * gateway on Nest's own Socket.IO server, the status endpoint as a controller behind the application's guards.
 * `JobEventEmitterService` is injected by its class, the whole by {@link JOB_EVENTS}. On shutdown
 * (`app.enableShutdownHooks()`, or `app.close()`) everything is sent and stored first, and the connections close after
 * every other module's hooks, so after the workers of `@nestjs/bullmq`.
 *
 * Needs `@nestjs/websockets` and `@nestjs/platform-socket.io`. Guards protect the endpoint; sockets are protected by
 * `authenticate`, which is asked in both cases.
 *
 * @example
 * @Module({
 *   imports: [
 *     JobEventsModule.forRootAsync({
 *       inject: [Sessions],
 *       useFactory: async (sessions: Sessions) => ({
 *         ...(await connectPostgres({ url: databaseUrl })),
 *         authenticate: ({ headers }) => sessions.find(headers.get('cookie')),
 *         origins: ['https://app.example.com'],
 *       }),
 *     }),
 *   ],
 * })
 * export class AppModule {}
 *
 * @Injectable()
 * export class Notes {
 *   constructor(@Inject(JobEventEmitterService) private readonly emitter: JobEventEmitterService) {}
 * }
 */
export class JobEventsModule {
  static forRoot<const J, I extends Identity = Identity>(options: JobEventsModuleOptions<J, I>): DynamicModule {
    return serverModule({ provide: MODULE_OPTIONS, useValue: options });
  }

  /** Like `forRoot`, with options that other providers make, or that take time. */
  static forRootAsync<const J, I extends Identity = Identity>(options: AsyncOptions<JobEventsModuleOptions<J, I>>): DynamicModule {
    return serverModule(optionsProvider(options), options.imports);
  }

  /**
   * For a process that only reports, such as a queue's worker: provides `JobEventEmitterService`, and needs neither
   * sockets nor HTTP. Takes options, or a factory of them.
   */
  static forWorker<const J>(options: JobEventsWorkerOptions<J> | AsyncOptions<JobEventsWorkerOptions<J>>): DynamicModule {
    const isFactory = 'useFactory' in options;
    return {
      module: JobEventsWorkerModule,
      global: true,
      imports: (isFactory && options.imports) || [],
      providers: [
        isFactory ? optionsProvider(options) : { provide: MODULE_OPTIONS, useValue: options },
        WorkerEmitter,
        { provide: JobEventEmitterService, inject: [WorkerEmitter], useFactory: ({ emitter }: WorkerEmitter) => emitter },
      ],
      exports: [JobEventEmitterService],
    };
  }
}

function serverModule(options: Provider, imports: DynamicModule['imports'] = []): DynamicModule {
  const statusController = createStatusController();
  return {
    module: JobEventsServerModule,
    global: true,
    imports,
    controllers: [statusController],
    providers: [
      options,
      NestJobEvents,
      createJobsGateway(),
      { provide: STATUS_CONTROLLER, useValue: statusController },
      { provide: JOB_EVENTS, inject: [NestJobEvents], useFactory: ({ jobEvents }: NestJobEvents) => jobEvents },
      { provide: JobEventEmitterService, inject: [NestJobEvents], useFactory: ({ jobEvents }: NestJobEvents) => jobEvents.emitter },
    ],
    exports: [JOB_EVENTS, JobEventEmitterService],
  };
}

const optionsProvider = <Options>({ inject = [], useFactory }: AsyncOptions<Options>): FactoryProvider<Options> => ({
  provide: MODULE_OPTIONS,
  inject,
  useFactory,
});

Module({})(JobEventsServerModule);
Module({})(JobEventsWorkerModule);
