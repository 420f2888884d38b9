import { DelayedError, RateLimitError, UnrecoverableError, WaitingChildrenError, WaitingError, type Job, type Queue, type WorkerOptions } from 'bullmq';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { JobError, type JobRun } from '../../src/emitter/index.js';
import { bullJobId, followWorker, runBullJob } from '../../src/bullmq/index.js';
import { describeOnBullBackends, type BullBackend, type JobData, type JobsOptions } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

type Work = (run: JobRun, job: Job<JobData>, token: string) => Promise<unknown>;

let recorded: RecordedEmitter;
beforeEach(() => {
  recorded = recordedEmitter();
});
afterEach(() => recorded[Symbol.asyncDispose]());

/** A queue with a worker that reports as documented, and one job in it. */
async function begin(backend: BullBackend, work: Work, options: JobsOptions = {}, workerOptions: Partial<WorkerOptions> = {}) {
  const name = backend.queueName();
  const queue = backend.queue(name);
  const { emitter } = recorded;
  const worker = backend.worker(
    name,
    (job, token = '') => runBullJob(emitter, job, { userId: job.data.userId }, (run) => work(run, job, token)),
    workerOptions,
  );
  followWorker(worker, emitter, { userId: (job: Job<JobData>) => job.data.userId });
  const job = await queue.add('notes', { userId: 'ada' }, options);
  return { name, queue, worker, job, jobId: bullJobId(job) };
}

const stateOf = (queue: Queue<JobData>, job: Job<JobData>): Promise<string> => queue.getJobState(job.id ?? '');
const patiently = { timeout: 15_000, interval: 50 };

describeOnBullBackends('runBullJob', (backend) => {
  it('shows a job from its first stage to its result', async () => {
    const { queue, job, jobId } = await begin(backend, async (run) => {
      run.stage('DOWNLOADING');
      run.report(0.5);
      return { noteId: 'n1' };
    });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    expect(recorded.course(jobId)).toEqual(['active 1', 'completed 1']);
    expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: { noteId: 'n1' } });
    expect((await queue.getJob(job.id ?? ''))?.returnvalue).toEqual({ noteId: 'n1' });
  });

  it('shows a try that another one follows as retrying, and the last one as failed', async () => {
    const { queue, job, jobId } = await begin(
      backend,
      async (_run, { attemptsMade }) => {
        throw new JobError('BROKEN', `try ${attemptsMade + 1}`);
      },
      { attempts: 3, backoff: 20 },
    );
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    await vi.waitFor(() => expect(recorded.course(jobId)).toEqual(['active 1', 'retrying 1', 'active 2', 'retrying 2', 'active 3', 'failed 3']), patiently);
    expect(await recorded.standing(jobId)).toMatchObject({ error: { code: 'BROKEN', message: 'try 3' } });
  });

  it('takes the cancelling of another job, which its function waits for, for a failure', async () => {
    await recorded.emitter.emitCancelled({ jobId: 'child', userId: 'ada' });
    const work = vi.fn<Work>(() => recorded.emitter.run({ jobId: 'child', userId: 'ada' }, async () => 1));
    const { queue, job, jobId } = await begin(backend, work, { attempts: 3 });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    // Reported once the queue has decided.
    await vi.waitFor(() => expect(recorded.course(jobId)).toEqual(['active 1', 'retrying 1', 'active 2', 'retrying 2', 'active 3', 'failed 3']), patiently);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it('shows a neutral sentence for what the function threw, and reports each try to onError once', async () => {
    const { queue, job, jobId } = await begin(backend, () => Promise.reject(new Error('boom at /srv/app.js')), { attempts: 2 });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'failed' }), patiently);
    expect(JSON.stringify(recorded.broadcasts)).not.toContain('boom');
    expect((await recorded.standing(jobId))?.error).toEqual({ code: 'JOB_FAILED', message: 'The job failed. Try again later.', retryable: true });
    expect(recorded.errors.map(({ code }) => code)).toEqual(['JOB_FAILED', 'JOB_FAILED']);
  });

  it.each([
    ['returns what is no JSON', async () => ({ rows: 10n })],
    ['throws nothing', () => Promise.reject(undefined)],
  ])('shows a job as retrying and then as failed whose function %s', async (_what, work) => {
    const { queue, job, jobId } = await begin(backend, work, { attempts: 2 });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    await vi.waitFor(() => expect(recorded.course(jobId)).toEqual(['active 1', 'retrying 1', 'active 2', 'failed 2']), patiently);
    expect(recorded.errors.map(({ code }) => code)).toEqual(['JOB_FAILED', 'JOB_FAILED']);
  });

  it('does a job unreported whose id belongs to another user', async () => {
    const { emitter } = recorded;
    await emitter.emitQueued({ jobId: 'taken', userId: 'bob' });
    const name = backend.queueName();
    const queue = backend.queue(name);
    backend.worker(name, (job) => runBullJob(emitter, job, { userId: job.data.userId, jobId: 'taken' }, async () => 'done'));
    const job = await queue.add('notes', { userId: 'ada' });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    expect((await queue.getJob(job.id ?? ''))?.returnvalue).toBe('done');
    expect([recorded.course('taken'), recorded.errors.map(({ code }) => code)]).toEqual([['queued 1'], ['FOREIGN_JOB']]);
  });

  it.each([
    ['UnrecoverableError', () => new UnrecoverableError('not a PDF'), { attempts: 3 }, {}],
    ['a back-off of -1', () => new Error('no'), { attempts: 3, backoff: { type: 'own' } }, { settings: { backoffStrategy: () => -1 } }],
  ])('shows a try as failed where %s ends the job with tries left', async (_what, makeError, options, workerOptions) => {
    const work = vi.fn(async () => {
      throw makeError();
    });
    const { queue, job, jobId } = await begin(backend, work, options, workerOptions);
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    await vi.waitFor(() => expect(recorded.course(jobId)).toEqual(['active 1', 'failed 1']), patiently);
    expect(work).toHaveBeenCalledOnce();
  });

  it('shows a delayed job as queued until it goes on, with the time, and completes it as the same attempt', async () => {
    const { queue, job, jobId } = await begin(backend, async (_run, bullJob, token) => {
      if (bullJob.attemptsStarted > 1) return 'done';
      await bullJob.moveToDelayed(Date.now() + 500, token);
      throw new DelayedError();
    });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    expect(recorded.course(jobId)).toEqual(['active 1', 'queued 1', 'active 1', 'completed 1']);
    expect(recorded.broadcasts.find(({ status }) => status === 'queued')?.delayedUntil).toBeDefined();
  });

  it('cancels a delayed job at once, and does not begin it again', async () => {
    const work = vi.fn(async (_run: JobRun, bullJob: Job<JobData>, token: string): Promise<unknown> => {
      await bullJob.moveToDelayed(Date.now() + 1_500, token);
      throw new DelayedError();
    });
    const { queue, job, jobId } = await begin(backend, work);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'queued' }), patiently);
    const [held] = await recorded.store.get([jobId]);
    expect(held).not.toHaveProperty('run');
    await recorded.store.cancel(jobId, { silentAfterMs: 30_000, timestamp: new Date().toISOString() });
    expect(await recorded.standing(jobId)).toMatchObject({ status: 'cancelled' });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    expect(work).toHaveBeenCalledOnce();
    expect(await recorded.standing(jobId)).toMatchObject({ status: 'cancelled' });
  });

  it('shows a job as queued that goes back to wait', async () => {
    const { queue, job, jobId } = await begin(backend, async (_run, bullJob, token) => {
      if (bullJob.attemptsStarted > 1) return 'done';
      await bullJob.moveToWait(token);
      throw new WaitingError();
    });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    expect(recorded.course(jobId)).toEqual(['active 1', 'queued 1', 'active 1', 'completed 1']);
  });

  it('shows a job as queued that waits for its children', async () => {
    const children = backend.queueName();
    const { queue, job, jobId, name } = await begin(backend, async (_run, bullJob, token) => {
      if (bullJob.attemptsStarted > 1) return 'done';
      await backend.queue(children).add('child', { userId: 'ada' }, { parent: { id: bullJob.id ?? '', queue: bullJob.queueQualifiedName } });
      if (await bullJob.moveToWaitingChildren(token)) throw new WaitingChildrenError();
      throw new Error('has no children');
    });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('waiting-children'), patiently);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'queued', version: [1, 0, expect.anything(), expect.anything(), expect.anything()] }), patiently);
    backend.worker(children, async () => undefined);
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    expect(recorded.course(jobId)).toEqual(['active 1', 'queued 1', 'active 1', 'completed 1']);
    expect(name).not.toBe(children);
  });

  it('shows a job as queued, with the time, where the queue is rate limited', async () => {
    const { queue, job, jobId } = await begin(backend, async (_run, bullJob) => {
      if (bullJob.attemptsStarted > 1) return 'done';
      await queue.rateLimit(500);
      throw new RateLimitError();
    });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    expect(recorded.course(jobId)).toEqual(['active 1', 'queued 1', 'active 1', 'completed 1']);
    expect(recorded.broadcasts.find(({ status }) => status === 'queued')?.delayedUntil).toBeDefined();
  });

  it.each([
    ['job.retry()', (_queue: Queue<JobData>, job: Job<JobData>) => job.retry('failed')],
    ['job.retry() with its counters set back', (_queue: Queue<JobData>, job: Job<JobData>) => job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })],
    ['queue.retryJobs()', (queue: Queue<JobData>) => queue.retryJobs({ state: 'failed' })],
  ])('shows a failed job that %s begins again as a later attempt', async (_what, retry) => {
    let isBroken = true;
    const { queue, job, jobId } = await begin(backend, async () => {
      if (isBroken) throw new Error('broken');
      return 'mended';
    });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'failed' }), patiently);
    isBroken = false;
    await retry(queue, (await queue.getJob(job.id ?? '')) as Job<JobData>);
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    await vi.waitFor(() => expect(recorded.course(jobId)).toEqual(['active 1', 'failed 1', 'active 2', 'completed 2']), patiently);
  });

  it.each([
    ['job.retry()', (_queue: Queue<JobData>, job: Job<JobData>) => job.retry('completed')],
    ['queue.retryJobs()', (queue: Queue<JobData>) => queue.retryJobs({ state: 'completed' })],
  ])('does a completed job again that %s begins again', async (_what, retry) => {
    let times = 0;
    const { queue, job, jobId } = await begin(backend, async () => (times += 1));
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    await retry(queue, (await queue.getJob(job.id ?? '')) as Job<JobData>);
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: 2 }), patiently);
    expect(recorded.course(jobId)).toEqual(['active 1', 'completed 1', 'active 2', 'completed 2']);
  });

  it('does not do a job twice that is handed out again after its end was stored', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const job = await queue.add('notes', { userId: 'ada' });
    const work = vi.fn(async () => ({ noteId: 'n1' }));
    const process = (each: Job<JobData>): Promise<unknown> => runBullJob(recorded.emitter, each, { userId: each.data.userId }, work);
    // A worker that is lost between the end of the job and telling the queue.
    const lost = backend.worker(name, undefined, { lockDuration: 200 });
    const taken = (await lost.getNextJob('lost:0')) as Job<JobData>;
    await process(taken);
    backend.worker(name, process, { stalledInterval: 100 });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    expect((await queue.getJob(job.id ?? ''))?.returnvalue).toEqual({ noteId: 'n1' });
    expect(work).toHaveBeenCalledOnce();
    expect(recorded.course(bullJobId(job))).toEqual(['active 1', 'completed 1']);
  });

  it('does a job again that is retried by hand once it is done, also if it had stalled before', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const job = await queue.add('notes', { userId: 'ada' });
    const work = vi.fn(async () => work.mock.calls.length);
    // A worker that is lost as soon as it has taken the job.
    await backend.worker(name, undefined, { lockDuration: 200 }).getNextJob('lost:0');
    backend.worker(name, (each) => runBullJob(recorded.emitter, each, { userId: 'ada' }, work), { stalledInterval: 100 });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    await ((await queue.getJob(job.id ?? '')) as Job<JobData>).retry('completed');
    await vi.waitFor(async () => expect(await recorded.standing(bullJobId(job))).toMatchObject({ status: 'completed', result: 2 }), patiently);
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('throws an UnrecoverableError for a job that was cancelled while it waited, so that nobody tries again', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const job = await queue.add('notes', { userId: 'ada' }, { attempts: 3 });
    const jobId = bullJobId(job);
    await recorded.emitter.emitQueued({ jobId, userId: 'ada' });
    await recorded.emitter.emitCancelled({ jobId, userId: 'ada' });
    const work = vi.fn(async () => 'done');
    backend.worker(name, (each) => runBullJob(recorded.emitter, each, { userId: 'ada' }, work));
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    expect(work).not.toHaveBeenCalled();
    expect(await recorded.standing(jobId)).toMatchObject({ status: 'cancelled' });
    expect(await queue.getJob(job.id ?? '')).toMatchObject({ failedReason: `Job ${jobId} was cancelled.`, attemptsMade: 1 });
  });

  it('ends a job that is cancelled in the middle as cancelled, here and in the queue', async () => {
    const { queue, job, jobId } = await begin(
      backend,
      (run) => new Promise((_resolve, reject) => run.signal.addEventListener('abort', () => reject(new Error('stopped half-way')))),
      { attempts: 3 },
    );
    await vi.waitFor(async () => expect(await recorded.standing(jobId)).toMatchObject({ status: 'active' }), patiently);
    await recorded.store.cancel(jobId, { silentAfterMs: 60_000, timestamp: new Date().toISOString() });
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('failed'), patiently);
    expect((await queue.getJob(job.id ?? ''))?.attemptsMade).toBe(1);
    expect(await recorded.standing(jobId)).toMatchObject({ status: 'cancelled' });
    expect(recorded.course(jobId).at(-1)).toBe('cancelled 1');
  });

  it('does a cancelled job after all with rerun', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const job = await queue.add('notes', { userId: 'ada' });
    const jobId = bullJobId(job);
    await recorded.emitter.emitQueued({ jobId, userId: 'ada' });
    await recorded.emitter.emitCancelled({ jobId, userId: 'ada' });
    backend.worker(name, (each) => runBullJob(recorded.emitter, each, { userId: 'ada', rerun: true }, async () => 'done'));
    await vi.waitFor(async () => expect(await stateOf(queue, job)).toBe('completed'), patiently);
    expect(await recorded.standing(jobId)).toMatchObject({ status: 'completed', result: 'done' });
  });
});
