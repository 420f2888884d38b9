import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, startRedis, type RedisServer } from '../src/index.js';
import { packedProject, type PackedProject } from './packed-project.js';

/**
 * Applications on the major versions before the newest ones of BullMQ and NestJS. npm is not told to overlook anything:
 * it refuses to install what it takes for a conflict, also where only an optional peer is concerned.
 */
const APPLICATIONS = [
  ['the oldest versions claimed', { bullmq: '5.59.0', nest: '11.0.0' }],
  ['the newest ones of these majors', { bullmq: '^5.59.0', nest: '^11.0.0' }],
] as const;

const NEST = ['common', 'core', 'platform-express', 'platform-socket.io', 'websockets'];

describe.each(APPLICATIONS)('an application with BullMQ 5 and NestJS 11, in %s', (_, { bullmq, nest }) => {
  let project: PackedProject;
  beforeAll(() => {
    project = packedProject({
      packages: ['protocol', 'server'],
      dependencies: {
        bullmq,
        ...Object.fromEntries(NEST.map((name) => [`@nestjs/${name}`, nest])),
        'reflect-metadata': '^0.2.2', rxjs: '^7.8.2', 'socket.io': '^4.8.4',
      },
    });
  }, 240_000);
  afterAll(() => project?.[Symbol.dispose]());

  it.each(['consumer.mts', 'consumer.cts'])('has declarations that name nothing these versions lack (%s)', (file) => {
    const found = project.typecheck(file, CONSUMER, { resolution: 'nodenext', declarations: true });
    // What other packages have wrong in declarations of their own is not ours to judge.
    const ours = found.split('\n').filter((line) => line.startsWith('consumer') || line.includes('@notes/'));
    expect(ours).toEqual([]);
  });

  it.each(['nest.mjs', 'nest.cjs'])('answers for a job over HTTP through a Nest application (%s)', (file) => {
    project.write(file, NEST_APPLICATION(loading(file)));
    expect(project.run('node', [file])).toBe('11 200 SAVING\n');
  });

  describeWith(['redis'], 'with Redis', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedis();
    });
    afterAll(() => redis[Symbol.asyncDispose]());

    it.each(['worker.mjs', 'worker.cjs'])('shows a job that is done, and one that its function never saw (%s)', (file) => {
      project.write(file, WORKER(loading(file)));
      expect(project.run('node', [file], { REDIS_URL: redis.url })).toBe('5 completed n1, failed STARTED_TOO_OFTEN\n');
    });
  });
});

const loading = (file: string): ((name: string) => string) =>
  file.endsWith('.mjs') ? (name) => `await import('${name}')` : (name) => `require('${name}')`;

const CONSUMER = `
import { Queue, QueueEvents, Worker } from 'bullmq';
import { defineJob, type JobEventEmitterService } from '@notes/job-events-server';
import { bridgeQueueEvents, followWorker, runBullJob, type FollowedWorker } from '@notes/job-events-server/bullmq';
import { JobEventsModule } from '@notes/job-events-server/nestjs';

const pdf = defineJob({ type: 'pdf-notes', stages: ['SAVING'] });
declare const emitter: JobEventEmitterService<typeof pdf>;
interface Data { userId: string }

const worker = new Worker<Data, { noteId: string }, 'notes'>('pdf', (job) =>
  runBullJob(emitter, job, { userId: job.data.userId }, async (run) => {
    run.stage('SAVING');
    // @ts-expect-error -- no stage of this job
    run.stage('RENDERING');
    return { noteId: 'n1' };
  }), { connection: {} });
followWorker(worker, emitter, { userId: (job) => job.data.userId });
// @ts-expect-error -- what the jobs carry is known from the worker
followWorker(worker, emitter, { userId: (job) => job.data.owner });
bridgeQueueEvents(new QueueEvents('pdf'), new Queue<Data>('pdf'), emitter, { userId: (job) => job.data.userId });

export const followed: FollowedWorker<Data> = worker;
export const untyped: FollowedWorker<Data> = new Worker('pdf');
export const modules = [JobEventsModule.forRoot({ authenticate: () => null }), JobEventsModule.forWorker({ useFactory: () => { throw new Error(); } })];
`;

const NEST_APPLICATION = (load: (name: string) => string): string => `(async () => {
  ${load('reflect-metadata')};
  const { JobEventEmitterService } = ${load('@notes/job-events-server')};
  const { JobEventsModule } = ${load('@notes/job-events-server/nestjs')};
  const { Module } = ${load('@nestjs/common')};
  const { NestFactory } = ${load('@nestjs/core')};
  const { version } = (${load('node:module')}).createRequire(process.cwd() + '/')('@nestjs/core/package.json');
  class Application {}
  Module({ imports: [JobEventsModule.forRoot({
    authenticate: () => ({ userId: 'ada' }), server: { maxHttpBufferSize: 100_000 }, logger: { debug() {}, info() {}, warn() {}, error() {} },
  })] })(Application);
  const app = await NestFactory.create(Application, { logger: false });
  await app.listen(0, '127.0.0.1');
  await app.get(JobEventEmitterService).emitProgress({ jobId: 'j1', userId: 'ada', stage: 'SAVING', progress: 10 });
  const response = await fetch(await app.getUrl() + '/api/jobs/j1', { headers: { authorization: 'Bearer t' } });
  console.log(version.split('.')[0], response.status, (await response.json()).stage);
  await app.close();
})();`;

const WORKER = (load: (name: string) => string): string => `(async () => {
  const { Queue, QueueEvents, Worker } = ${load('bullmq')};
  const { JobEventEmitterService, MemoryJobStore } = ${load('@notes/job-events-server')};
  const { bullJobId, followWorker, runBullJob } = ${load('@notes/job-events-server/bullmq')};
  const { version } = (${load('node:module')}).createRequire(process.cwd() + '/')('bullmq/package.json');
  const connection = { url: process.env.REDIS_URL, maxRetriesPerRequest: null };
  const name = 'q-' + process.pid;
  const store = new MemoryJobStore();
  const emitter = new JobEventEmitterService({ store, broadcaster: { to: () => ({ emit() {} }) } });
  const events = new QueueEvents(name, { connection });
  await events.waitUntilReady();
  const queue = new Queue(name, { connection });

  const lost = await queue.add('notes', { userId: 'ada' });
  const gone = new Worker(name, null, { connection, lockDuration: 200 });
  await gone.getNextJob('gone');
  await gone.close(true);
  const worker = new Worker(name, (job) => runBullJob(emitter, job, { userId: job.data.userId }, async (run) => {
    run.stage('SAVING');
    return { noteId: 'n1' };
  }), { connection, maxStartedAttempts: 1, stalledInterval: 100, drainDelay: 1 });
  const stop = followWorker(worker, emitter, { userId: (job) => job.data.userId });
  const done = await queue.add('notes', { userId: 'ada' });
  await done.waitUntilFinished(events);
  await lost.waitUntilFinished(events).catch(() => undefined);
  await worker.close();
  await stop();
  const [first, second] = (await store.get([bullJobId(done), bullJobId(lost)])).map(({ snapshot }) => snapshot);
  console.log(version.split('.')[0], first.status, first.result.noteId + ',', second.status, second.error.code);
  await queue.close();
  await events.close();
  await emitter.close();
})();`;
