import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Global, Inject, Module, type DynamicModule, type INestApplicationContext, type OnApplicationBootstrap, type OnApplicationShutdown, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describeWith, startRedis, type RedisServer } from '@notes/test-kit';
import { Queue, type Job } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { followWorker, runBullJob } from '../src/bullmq/index.js';
import { JobEventEmitterService, type UnstoredEnd } from '../src/emitter/index.js';
import { JobEventsModule } from '../src/nestjs/index.js';
import { connectRedis, type RedisConnected } from '../src/redis/index.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { FlakyStore, RecordingBroadcaster } from './emitter-fixture.js';

const classOf = (metadata: Parameters<typeof Module>[0]): Type => {
  class Anonymous {}
  Module(metadata)(Anonymous);
  return Anonymous;
};

const PATIENTLY = { timeout: 20_000, interval: 20 };

type Kind = 'forWorker' | 'forWorker with a factory' | 'forRoot on Express' | 'forRootAsync on Fastify';

/** In which order, and how deep, an application imports the modules. */
const ARRANGEMENTS = {
  'JobEventsModule first': (jobEvents: DynamicModule, bull: DynamicModule[], worker: Type) => ({ imports: [jobEvents, ...bull], providers: [worker] }),
  'BullModule first': (jobEvents: DynamicModule, bull: DynamicModule[], worker: Type) => ({ imports: [...bull, jobEvents], providers: [worker] }),
  'nested in a feature module, JobEventsModule first': (jobEvents: DynamicModule, bull: DynamicModule[], worker: Type) => ({ imports: [jobEvents, classOf({ imports: bull, providers: [worker] })] }),
  'nested in a feature module, JobEventsModule last': (jobEvents: DynamicModule, bull: DynamicModule[], worker: Type) => ({ imports: [classOf({ imports: bull, providers: [worker] }), jobEvents] }),
  'both in feature modules': (jobEvents: DynamicModule, bull: DynamicModule[], worker: Type) => ({ imports: [classOf({ imports: bull, providers: [worker] }), classOf({ imports: [jobEvents] })] }),
  'BullModule.forRoot apart': (jobEvents: DynamicModule, [root, queue]: DynamicModule[], worker: Type) => ({ imports: [jobEvents, root!, classOf({ imports: [queue!], providers: [worker] })] }),
};

describeWith(['redis-server'], 'await app.close() while a job of @nestjs/bullmq is in progress', () => {
  let redis: RedisServer;
  let watcher: RedisConnected;
  beforeAll(async () => {
    redis = await startRedis({ own: true });
    watcher = await connectRedis({ url: redis.url, onError: () => undefined });
  });
  afterAll(async () => {
    await watcher.close();
    await redis[Symbol.asyncDispose]();
  });

  async function start(kind: Kind, arrangement: keyof typeof ARRANGEMENTS) {
    const name = `pdf-${randomUUID()}`;
    const steps: string[] = [];
    let finish!: () => void;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    class PdfWorker extends WorkerHost implements OnApplicationBootstrap {
      readonly emitter!: JobEventEmitterService;
      onApplicationBootstrap(): void {
        followWorker(this.worker, this.emitter, { userId: (job: Job<{ userId: string }>) => job.data.userId });
      }
      process(job: Job<{ userId: string }>): Promise<unknown> {
        return runBullJob(this.emitter, job, { jobId: `${name}.${job.id}`, userId: job.data.userId }, async (run) => {
          run.stage('DOWNLOADING');
          steps.push(`begun ${job.id}`);
          await finished;
          steps.push(`done ${job.id}`);
          return { noteId: 'n1' };
        });
      }
    }
    Inject(JobEventEmitterService)(PdfWorker.prototype, 'emitter');
    Processor(name)(PdfWorker);

    const { hostname: host, port } = new URL(redis.url);
    const connection = { host, port: Number(port) };
    const options = async () => {
      const connected = await connectRedis({ url: redis.url });
      const close = async () => {
        await connected.close();
        steps.push('connections closed');
      };
      return { ...connected, close, authenticate: () => ({ userId: 'ada' }) };
    };
    const jobEvents = {
      forWorker: async () => JobEventsModule.forWorker(await options()),
      'forWorker with a factory': async () => JobEventsModule.forWorker({ useFactory: options }),
      'forRoot on Express': async () => JobEventsModule.forRoot(await options()),
      'forRootAsync on Fastify': async () => JobEventsModule.forRootAsync({ useFactory: options }),
    };
    const bull = [BullModule.forRoot({ connection }), BullModule.registerQueue({ name })];
    const root = classOf(ARRANGEMENTS[arrangement](await jobEvents[kind](), bull, PdfWorker));
    const quiet = { logger: false, abortOnError: false } as const;
    let app: INestApplicationContext;
    if (kind.startsWith('forWorker')) app = await NestFactory.createApplicationContext(root, quiet);
    else {
      const server = await NestFactory.create(root, kind.endsWith('Fastify') ? new FastifyAdapter() : new ExpressAdapter(), quiet);
      await server.listen(0, '127.0.0.1');
      app = server;
    }
    const queue = new Queue(name, { connection });
    const worker = () => app.get<WorkerHost>(PdfWorker, { strict: false }).worker;
    return { app, worker, steps, finish, queue, standing: async (id: string) => (await watcher.store.get([`${name}.${id}`]))[0]?.snapshot };
  }

  describe.each(['forWorker', 'forWorker with a factory', 'forRoot on Express', 'forRootAsync on Fastify'] as const)('with %s', (kind) => {
    test.each(Object.keys(ARRANGEMENTS) as (keyof typeof ARRANGEMENTS)[])(
      '%s: its end is stored, the connections close last, and no further job is begun', async (arrangement) => {
        const { app, worker, steps, finish, queue, standing } = await start(kind, arrangement);
        const first = await queue.add('notes', { userId: 'ada' });
        const second = await queue.add('notes', { userId: 'ada' });
        await vi.waitFor(() => expect(steps).toEqual([`begun ${first.id}`]), PATIENTLY);
        const closing = app.close();
        // By now Nest has come to the worker, which waits for its job, and to everything that it closes before it.
        await vi.waitFor(() => expect(worker().closing).toBeDefined(), PATIENTLY);
        finish();
        await closing;
        expect(steps).toEqual([`begun ${first.id}`, `done ${first.id}`, 'connections closed']);
        expect(await (await queue.getJob(first.id!))?.getState()).toBe('completed');
        expect(await standing(first.id!)).toMatchObject({ status: 'completed', result: { noteId: 'n1' } });
        expect(await (await queue.getJob(second.id!))?.getState()).toBe('waiting');
        await queue.close();
      });
  });
});

describe('what a Nest application says when it shuts down', () => {
  test('the hooks of JobEventsModule come after those of every other global module, which a Nest that orders them otherwise would break', async () => {
    const order: string[] = [];
    const globalModule = (name: string): Type => {
      class Other implements OnApplicationShutdown {
        async onApplicationShutdown(): Promise<void> {
          order.push(name);
        }
      }
      const made = classOf({ providers: [Other] });
      Global()(made);
      return made;
    };
    const close = async (): Promise<void> => void order.push('job-events');
    const jobEvents = JobEventsModule.forWorker({ store: new MemoryJobStore(), broadcaster: new RecordingBroadcaster(), close });
    const app = await NestFactory.createApplicationContext(classOf({ imports: [globalModule('before'), jobEvents, globalModule('after')] }), { logger: false });
    await app.close();
    expect(order.sort((a, b) => Number(a === 'job-events') - Number(b === 'job-events'))).toEqual(order);
    expect(order).toEqual(expect.arrayContaining(['before', 'after']));
    expect(order.at(-1)).toBe('job-events');
  });

  test('ends that could not be stored are handed to onUnstoredEnds, then the connections close, all within closeTimeoutMs', async () => {
    const flaky = new FlakyStore();
    const kept: (readonly UnstoredEnd[] | string)[] = [];
    const errors: string[] = [];
    const jobEvents = JobEventsModule.forWorker({
      store: flaky.store,
      broadcaster: new RecordingBroadcaster(),
      closeTimeoutMs: 800,
      onError: ({ code, message }) => errors.push(`${code} ${message}`),
      onUnstoredEnds: async (ends) => void kept.push(ends),
      close: () => new Promise(() => void kept.push('closing')),
    });
    const app = await NestFactory.createApplicationContext(classOf({ imports: [jobEvents] }), { logger: false });
    const emitter = app.get<JobEventEmitterService>(JobEventEmitterService);
    void emitter.run({ jobId: 'j1', userId: 'ada' }, async () => {
      flaky.absence = 'hangs';
      return 1;
    });
    await vi.waitFor(() => expect(flaky.absence).toBe('hangs'));
    await app.close();
    expect(kept).toMatchObject([[{ userId: 'ada', snapshot: { jobId: 'j1', status: 'completed', result: 1 } }], 'closing']);
    expect(errors).toEqual([expect.stringMatching(/^STORE_UNAVAILABLE /), 'HANDLER_FAILED close of the connections did not end within closeTimeoutMs, and is not waited for any longer.']);
  });

  test('a closeTimeoutMs that is no time is refused when the application starts', async () => {
    const jobEvents = JobEventsModule.forWorker({ store: new MemoryJobStore(), broadcaster: new RecordingBroadcaster(), closeTimeoutMs: -1 });
    await expect(NestFactory.createApplicationContext(classOf({ imports: [jobEvents] }), { logger: false, abortOnError: false })).rejects.toThrow('closeTimeoutMs');
  });
});
