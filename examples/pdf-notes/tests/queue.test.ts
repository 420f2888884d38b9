import { randomUUID } from 'node:crypto';
import { describeWith, startPostgres, startRedis } from '@notes/test-kit';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Upload } from '../src/database/uploads.js';
import type { JobPath } from '../src/pdf-notes-job.js';
import { NotesQueue } from '../src/queue/notes-queue.js';
import { type NotesJob, type OpenWorker, type QueueLocation, workerBackend } from '../src/queue/queue-backend.js';
import { type QueueName, QUEUES } from '../src/queue/queue-names.js';
import { FinalProblem } from '../src/worker/job-problem.js';

const BACK_ENDS = [
  {
    name: 'PostgreSQL',
    programs: [],
    async start() {
      const server = await startPostgres();
      const { url } = await server.createDatabase();
      return { location: { databaseUrl: url, redisUrl: undefined }, stop: () => server[Symbol.asyncDispose]() };
    },
  },
  {
    name: 'Redis',
    programs: ['redis'],
    async start() {
      const server = await startRedis();
      return { location: { databaseUrl: 'postgres://nowhere', redisUrl: server.url }, stop: () => server[Symbol.asyncDispose]() };
    },
  },
] as const;

const newUpload = (path: JobPath): Upload => ({ jobId: randomUUID(), fileId: randomUUID(), userId: 'ada', fileName: 'paper.pdf', path, attempt: 1 });

describe.each(BACK_ENDS)('the queues in $name', ({ name, programs, start }) => {
  describeWith([...programs], `with ${name}`, () => {
    let location: QueueLocation;
    let stop: () => PromiseLike<void>;
    let queue: NotesQueue;
    let workers: OpenWorker[] = [];

    beforeAll(async () => {
      ({ location, stop } = await start());
      queue = new NotesQueue(location, pino({ level: 'silent' }));
    });

    afterEach(async () => {
      await Promise.all(workers.map((worker) => worker.close()));
      workers = [];
    });

    afterAll(async () => {
      await queue.close();
      await stop();
    });

    function work(queueName: QueueName, process: (job: NotesJob) => Promise<unknown>): OpenWorker {
      const { connection, workerClass } = workerBackend(location);
      const worker = new workerClass(queueName, process, { connection });
      worker.on('error', () => {});
      workers.push(worker);
      return worker;
    }
    /** What BullMQ itself says of the job, or of the last of its steps. */
    async function find({ jobId, attempt, path }: Upload): Promise<object> {
      const open = queue.all.find(({ name }) => name === (path === 'optimized' ? QUEUES.optimized : QUEUES.notes))!;
      const id = `${jobId}-${attempt}`;
      const state = await open.getJobState(id);
      const job = await open.getJob(id);
      return { state, ...(state === 'completed' && { result: job?.returnvalue }), ...(state === 'failed' && { reason: job?.failedReason }) };
    }
    const until = (upload: Upload, state: string) => vi.waitFor(async () => expect(await find(upload)).toMatchObject({ state }), 15_000);

    test.each(['optimized', 'steps'] as const)('a job of path %s that is added again is worked on once, and its end stays known', async (path) => {
      const [upload, next] = [newUpload(path), newUpload(path)];
      const worked: string[] = [];
      const begin = (queueName: QueueName): unknown =>
        work(queueName, async ({ data }) => {
          worked.push(`${queueName} ${data.jobId}`);
          return { noteId: 'n' };
        });
      const steps = (path === 'optimized' ? [QUEUES.optimized] : [QUEUES.extract, QUEUES.notes]) as QueueName[];
      expect(await queue.has(upload)).toBe(false);
      await Promise.all([queue.add(upload), queue.add(upload)]);
      expect(await queue.has(upload)).toBe(true);
      for (const step of steps) {
        begin(step);
        await vi.waitFor(() => expect(worked).toContain(`${step} ${upload.jobId}`), 15_000);
        await queue.add(upload);
      }
      await until(upload, 'completed');
      await queue.add(upload);
      await queue.add(next);
      await until(next, 'completed');
      expect(worked).toEqual([...steps.map((step) => `${step} ${upload.jobId}`), ...steps.map((step) => `${step} ${next.jobId}`)]);
      expect(await find(upload)).toEqual({ state: 'completed', result: { noteId: 'n' } });
    });

    test('a job that is wanted once more is another one to the queue', async () => {
      const upload = newUpload('optimized');
      const attempts: number[] = [];
      work(QUEUES.optimized, async ({ data }) => {
        attempts.push(data.attempt);
        throw new FinalProblem('PDF_DAMAGED', 'This PDF is damaged.');
      });
      for (const attempt of [1, 2]) {
        await queue.add({ ...upload, attempt });
        await until({ ...upload, attempt }, 'failed');
      }
      expect(attempts).toEqual([1, 2]);
      expect(await find(upload)).toEqual({ state: 'failed', reason: 'This PDF is damaged.' });
    });

    test('a step that fails for good fails the whole, and what it has to say is not tried again', async () => {
      const upload = newUpload('steps');
      const tries: string[] = [];
      work(QUEUES.extract, async ({ data }) => {
        tries.push(data.jobId);
        throw new FinalProblem('PDF_DAMAGED', 'This PDF is damaged.');
      });
      work(QUEUES.notes, async () => tries.push('notes'));
      await queue.add(upload);
      await until(upload, 'failed');
      expect(tries).toEqual([upload.jobId]);
    });
  });
});
