import { jobRoom } from '@notes/job-events-protocol';
import { JobError } from './job-error.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { JobCancelledError, StaleRunError } from '../server-errors.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { TieredJobStore } from '../store/tiered-job-store.js';
import { createFixture, FlakyStore } from '../../tests/emitter-fixture.js';

const job = { jobId: 'j1', userId: 'u1' };
const boom = { code: 'BOOM', message: 'Something broke.', retryable: true };
const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A promise that a test settles itself. */
function deferred<T = void>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => ((resolve = yes), (reject = no)));
  return { promise, resolve, reject };
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('rule 1: run is a claim', () => {
  test('rule 1: a run begins with one write: attempt, epoch, holder', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    await emitter.run(job, async (run) => {
      expect(run.attempt).toBe(1);
      const [record] = await flaky.inner.get(['j1']);
      expect(record).toMatchObject({ userId: 'u1', run: { epoch: Date.now() }, snapshot: { status: 'active', version: [1, 0, Date.now(), 1, Date.now()] } });
    });
    expect(flaky.calls).toEqual({ begin: 1, write: 1 });
    expect(broadcaster.states).toEqual(['INITIALIZING 0', 'completed']);
  });

  test('rule 1: the attempt is the greater of the queue’s number and the one after the last begun', async () => {
    const { emitter } = createFixture();
    const attempts: number[] = [];
    const note = async ({ attempt }: { attempt: number }) => void attempts.push(attempt);
    await emitter.run(job, note);
    await emitter.run(job, note);
    await emitter.run({ ...job, attempt: 7 }, note);
    expect(attempts).toEqual([1, 2, 7]);
  });

  test('rule 1: a run that a later run overtook is aborted, throws StaleRunError, and nothing it says is stored or broadcast', async () => {
    const first = createFixture();
    const second = createFixture({ flaky: first.flaky });
    const [release, done] = [deferred(), deferred()];
    const overtaken = first.emitter.run(job, async (run) => {
      run.report(0.9);
      await release.promise;
      expect(run.signal.reason).toBeInstanceOf(StaleRunError);
      run.report(1);
      return 'zombie';
    });
    const failure = expect(overtaken).rejects.toThrow(StaleRunError);
    await later(10);
    const successor = second.emitter.run(job, async (run) => {
      run.report(0.1);
      await done.promise;
      return 'successor';
    });
    await later(6_000);
    first.broadcaster.emissions.length = 0;
    release.resolve();
    await failure;
    await first.emitter.close();
    expect(first.broadcaster.emissions).toEqual([]);
    expect(await first.flaky.get('j1')).toMatchObject({ status: 'active', progress: 10, version: [2, 0, expect.any(Number), expect.any(Number), expect.any(Number)] });
    done.resolve();
    expect(await successor).toBe('successor');
    expect(await first.flaky.get('j1')).toMatchObject({ status: 'completed', result: 'successor' });
  });

  test('rule 1: an overtaken run that ends before it hears of it is refused at its end', async () => {
    const first = createFixture();
    const second = createFixture({ flaky: first.flaky });
    const done = deferred();
    const overtaken = first.emitter.run(job, async () => (await done.promise, 'zombie'));
    const failure = expect(overtaken).rejects.toThrow(StaleRunError);
    await later(10);
    await second.emitter.run(job, async () => 'successor');
    done.resolve();
    await failure;
    expect(first.broadcaster.states).toEqual(['INITIALIZING 0']);
  });
});

describe('rule 2: outside run', () => {
  test('rule 2: progress takes an epoch at the first event and waits for nothing afterwards', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    const first = await emitter.emitProgress({ ...job, stage: 'A', progress: 5 });
    expect(first.version).toEqual([1, 0, Date.now(), 1, Date.now()]);
    flaky.absence = 'hangs';
    const second = await emitter.emitProgress({ ...job, stage: 'B', progress: 9 });
    expect(second.version).toEqual([1, 0, Date.now(), 2, Date.now()]);
    expect(flaky.calls).toEqual({ takeEpoch: 1, write: 1 });
    expect(broadcaster.states).toEqual(['A 5', 'B 9']);
  });

  test('rule 2: progress after retrying begins the next attempt', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    await emitter.emitProgress({ ...job, stage: 'A', progress: 60 });
    await emitter.emitFailed({ ...job, error: boom, willRetry: true });
    await emitter.emitProgress({ ...job, stage: 'A', progress: 5 });
    expect(broadcaster.states).toEqual(['A 60', 'retrying', 'A 5']);
    expect((await flaky.get('j1'))?.version[0]).toBe(2);
  });

  test('rule 2: a greater attempt begins the next one, a smaller one is outdated', async () => {
    const { emitter } = createFixture();
    await emitter.emitProgress({ ...job, stage: 'A', progress: 60 });
    expect(await emitter.emitProgress({ ...job, stage: 'A', progress: 5, attempt: 3 })).toMatchObject({ progress: 5, version: [3, 0, expect.any(Number), 1, expect.any(Number)] });
    expect(await emitter.emitProgress({ ...job, stage: 'A', progress: 99, attempt: 2 })).toMatchObject({ progress: 5, version: [3, 0, expect.any(Number), 1, expect.any(Number)] });
    expect(await emitter.emitCompleted({ ...job, result: 1, attempt: 1 })).toMatchObject({ status: 'active', progress: 5 });
  });

  test('rule 2: what is outdated is repeated under a new epoch only if its percentage is higher', async () => {
    const one = createFixture();
    const two = createFixture({ flaky: one.flaky });
    await one.emitter.emitProgress({ ...job, stage: 'A', progress: 20 });
    await two.emitter.emitProgress({ ...job, stage: 'A', progress: 40 });
    await later(200);
    await one.emitter.emitProgress({ ...job, stage: 'A', progress: 30 });
    await later(200);
    expect(await one.flaky.get('j1')).toMatchObject({ progress: 40 });
    expect(one.flaky.calls['takeEpoch']).toBe(2);
    await one.emitter.emitProgress({ ...job, stage: 'A', progress: 50 });
    await later(200);
    expect(await one.flaky.get('j1')).toMatchObject({ progress: 50 });
    expect(one.broadcaster.emissions.at(-1)?.snapshot).toEqual(await one.flaky.get('j1'));
  });

  test.each([
    { said: 30, stands: 40, epochs: 3 },
    { said: 50, stands: 50, epochs: 3 },
  ])('rule 2: somebody comes in between with 40 %: $said % is then said again only if it is more', async ({ said, stands, epochs }) => {
    const one = createFixture();
    const two = createFixture({ flaky: one.flaky });
    const takeEpoch = one.flaky.inner.takeEpoch.bind(one.flaky.inner);
    vi.spyOn(one.flaky.inner, 'takeEpoch').mockImplementationOnce(async (jobId) => {
      const taken = await takeEpoch(jobId);
      await two.emitter.emitProgress({ ...job, stage: 'B', progress: 40 });
      return taken;
    });
    expect(await one.emitter.emitProgress({ ...job, stage: 'A', progress: said })).toMatchObject({ progress: stands });
    expect(await one.flaky.get('j1')).toMatchObject({ stage: said > 40 ? 'A' : 'B', progress: stands });
    expect(one.flaky.calls['takeEpoch']).toBe(epochs);
  });

  test('rule 2: late progress of the attempt that failed does not begin the next one', async () => {
    const { emitter } = createFixture();
    await emitter.emitProgress({ ...job, stage: 'A', progress: 60, attempt: 1 });
    await emitter.emitFailed({ ...job, error: boom, willRetry: true });
    expect(await emitter.emitProgress({ ...job, stage: 'A', progress: 61, attempt: 1 })).toMatchObject({ status: 'retrying', progress: 60 });
  });

  test('rule 2: while a run holds the job, progress from outside is dropped and reported', async () => {
    const { emitter, flaky, broadcaster, codes } = createFixture();
    await emitter.emitProgress({ ...job, stage: 'OUTSIDE', progress: 1 });
    const done = deferred();
    const running = emitter.run(job, async (run) => (run.stage('INSIDE'), done.promise));
    await later(200);
    const stands = await emitter.emitProgress({ ...job, stage: 'OUTSIDE', progress: 99, attempt: 9 });
    expect(stands).toMatchObject({ stage: 'INSIDE', progress: 0 });
    // Whoever reports so goes on: it is reported once for the job.
    for (let progress = 1; progress < 20; progress++) await emitter.emitProgress({ ...job, stage: 'OUTSIDE', progress });
    expect(codes()).toEqual(['HELD_BY_RUN']);
    expect(broadcaster.states).toEqual(['OUTSIDE 1', 'INITIALIZING 0', 'INSIDE 0']);
    done.resolve();
    await running;
    expect((await flaky.get('j1'))?.version.slice(0, 2)).toEqual([2, 2]);
  });

  test('rule 2: a reporter that spoke before the run began gives way as soon as the store says so', async () => {
    const outside = createFixture();
    const worker = createFixture({ flaky: outside.flaky });
    await outside.emitter.emitProgress({ ...job, stage: 'A', progress: 10 });
    const done = deferred();
    const running = worker.emitter.run(job, () => done.promise);
    await later(200);
    await outside.emitter.emitProgress({ ...job, stage: 'B', progress: 20 });
    await later(200);
    expect(outside.codes()).toEqual(['HELD_BY_RUN']);
    done.resolve();
    await running;
  });

  test('rule 2: what is remembered is bounded, and what was forgotten is asked again', async () => {
    const { emitter, flaky } = createFixture();
    for (let index = 0; index <= 10_000; index++) await emitter.emitProgress({ jobId: `j${index}`, userId: 'u1', stage: 'A', progress: 1 });
    const before = flaky.calls['takeEpoch'];
    await emitter.emitProgress({ jobId: 'j10000', userId: 'u1', stage: 'A', progress: 2 });
    expect(flaky.calls['takeEpoch']).toBe(before);
    await emitter.emitProgress({ jobId: 'j0', userId: 'u1', stage: 'A', progress: 2 });
    expect(flaky.calls['takeEpoch']).toBe(before! + 1);
  });
});

describe('rule 3: queued', () => {
  test('rule 3: emitQueued inserts only if the job is unknown', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    const queued = await emitter.emitQueued({ ...job, metadata: { fileName: 'a.pdf' } });
    expect(queued).toMatchObject({ status: 'queued', stage: 'QUEUED', progress: 0, version: [1, 0, 0, 1, Date.now()], metadata: { fileName: 'a.pdf' } });
    expect(broadcaster.states).toEqual(['queued']);
    await emitter.emitProgress({ ...job, stage: 'A', progress: 5 });
    expect((await flaky.get('j1'))?.version.slice(0, 2)).toEqual([1, 0]);
  });

  test('rule 3: an API that is late resolves to what the worker has said, and overwrites nothing', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    await emitter.run(job, async () => 'done');
    expect(await emitter.emitQueued(job)).toMatchObject({ status: 'completed', result: 'done' });
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed' });
    expect(broadcaster.states).not.toContain('queued');
  });

  test('rule 3: with a store that is away it resolves to the queued state and inserts it later', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    flaky.absence = 'refuses';
    const queueing = emitter.emitQueued(job);
    await later(1_000);
    expect(await queueing).toMatchObject({ status: 'queued', version: [1, 0, 0, 1] });
    expect(broadcaster.states).toEqual([]);
    flaky.absence = undefined;
    await later(2_000);
    expect(await flaky.get('j1')).toMatchObject({ status: 'queued' });
    expect(broadcaster.states).toEqual(['queued']);
  });
});

describe('rule 3: queued again', () => {
  test('a job that has ended is put back as the attempt that is said, and begun as that one', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    await emitter.emitQueued({ ...job, metadata: { fileName: 'a.pdf' } });
    await emitter.run(job, async () => Promise.reject(new Error('broken'))).catch(() => {});
    const queued = await emitter.emitQueued({ ...job, attempt: 2 });
    expect(queued).toMatchObject({ status: 'queued', stage: 'QUEUED', progress: 0, version: [2, 0, expect.any(Number), 1, expect.any(Number)], metadata: { fileName: 'a.pdf' } });
    expect(queued).not.toHaveProperty('error');
    expect(broadcaster.states.at(-1)).toBe('queued');
    await emitter.run(job, async (run) => expect(run.attempt).toBe(2));
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed', version: [2, 2, expect.any(Number), expect.any(Number), expect.any(Number)] });
  });

  test('said again or late, it changes nothing: neither while the job goes on, nor when that attempt has ended', async () => {
    const { emitter, broadcaster } = createFixture();
    await emitter.emitFailed({ ...job, error: { code: 'BROKEN', message: 'It broke.', retryable: true } });
    const first = await emitter.emitQueued({ ...job, attempt: 2 });
    expect(await emitter.emitQueued({ ...job, attempt: 2 })).toEqual(first);
    await emitter.run(job, async (run) => {
      run.stage('A', 0.5);
      expect(await emitter.emitQueued({ ...job, attempt: 2 })).toMatchObject({ status: 'active' });
      expect(await emitter.emitQueued({ ...job, attempt: 3 })).toMatchObject({ status: 'active' });
    });
    expect(await emitter.emitQueued({ ...job, attempt: 2 })).toMatchObject({ status: 'completed' });
    expect(broadcaster.states.filter((state) => state === 'queued')).toHaveLength(1);
  });

  test('a cancelled job is put back by an explicit re-run alone', async () => {
    const { emitter } = createFixture();
    await emitter.emitQueued(job);
    await emitter.emitCancelled(job);
    expect(await emitter.emitQueued({ ...job, attempt: 2 })).toMatchObject({ status: 'cancelled' });
    expect(await emitter.emitQueued({ ...job, attempt: 2, rerun: true })).toMatchObject({ status: 'queued', version: [2, 0, expect.any(Number), 1, expect.any(Number)] });
    await expect(emitter.run(job, async (run) => run.attempt)).resolves.toBe(2);
  });
});

describe('rule 4: ends are conditional writes', () => {
  test('rule 4: of two ends that race one is stored, and only that one is broadcast', async () => {
    const one = createFixture();
    const two = createFixture({ flaky: one.flaky });
    await one.emitter.emitProgress({ ...job, stage: 'A', progress: 50 });
    const [completed, cancelled] = await Promise.all([one.emitter.emitCompleted({ ...job, result: 1 }), two.emitter.emitCancelled(job)]);
    expect(completed).toEqual(cancelled);
    const ends = [...one.broadcaster.emissions, ...two.broadcaster.emissions].filter(({ event }) => event !== 'job:progress');
    expect(ends.map(({ snapshot }) => snapshot)).toEqual([await one.flaky.get('j1')]);
  });

  test('rule 4: a lost acknowledgement is not a lost race', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    await emitter.emitProgress({ ...job, stage: 'A', progress: 50 });
    flaky.absence = 'loses-answers';
    const ending = emitter.emitCompleted({ ...job, result: 1 });
    await later(50);
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed' });
    expect(broadcaster.states).toEqual(['A 50']);
    flaky.absence = undefined;
    await later(1_000);
    expect(await ending).toMatchObject({ status: 'completed' });
    expect(broadcaster.states).toEqual(['A 50', 'completed']);
  });

  test('rule 4: cancelled is reopened only by an explicit re-run', async () => {
    const { emitter } = createFixture();
    await emitter.emitCancelled(job);
    const work = vi.fn(async () => 'done');
    await expect(emitter.run({ ...job, attempt: 2 }, work)).rejects.toThrow(JobCancelledError);
    expect(work).not.toHaveBeenCalled();
    expect(await emitter.emitProgress({ ...job, stage: 'A', progress: 1, attempt: 2 })).toMatchObject({ status: 'cancelled' });
    expect(await emitter.run({ ...job, rerun: true }, work)).toBe('done');
  });

  test('rule 4: completed and failed are reopened by a later attempt', async () => {
    const { emitter, flaky } = createFixture();
    await emitter.emitFailed({ ...job, error: boom });
    expect(await emitter.emitProgress({ ...job, stage: 'A', progress: 1 })).toMatchObject({ status: 'failed' });
    await emitter.emitProgress({ ...job, stage: 'A', progress: 1, attempt: 2 });
    expect(await flaky.get('j1')).toMatchObject({ status: 'active', version: [2, 0, expect.any(Number), 1, expect.any(Number)] });
    await emitter.run(job, async () => 1);
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed', version: [3, 2, expect.any(Number), 2, expect.any(Number)] });
  });
});

describe('rule 5: reporting never hurts the work', () => {
  test('rule 5: calls reject only for a bad payload, naming the field and the limit', async () => {
    const { emitter } = createFixture();
    await expect(emitter.emitProgress({ ...job, stage: 'A', progress: 101 })).rejects.toMatchObject({
      code: 'INVALID_PAYLOAD',
      message: 'emitProgress: progress must be a number from 0 to 100.',
      jobId: 'j1',
    });
    await expect(emitter.emitProgress({ jobId: 'no spaces', userId: '', stage: 'A'.repeat(65), progress: 1, message: 'm'.repeat(501) })).rejects.toThrow(
      /jobId must be 1 to 128 .*userId must be 1 to 128 .*message must be .* 500 .*stage must be .* 64/,
    );
    await expect(emitter.emitCompleted({ ...job, result: 'x'.repeat(32_769) })).rejects.toThrow('result must be at most 32768 bytes of JSON; these are 32771.');
    await expect(emitter.emitProgress({ ...job, stage: 'A', progress: 1, metadata: { a: 'x'.repeat(4_096) } })).rejects.toThrow(/metadata must be at most 4096 bytes/);
  });

  test('rule 5: a job that is somebody else’s is refused', async () => {
    const { emitter, broadcaster } = createFixture();
    await emitter.emitQueued(job);
    const other = { jobId: 'j1', userId: 'u2' };
    await expect(emitter.emitQueued(other)).rejects.toMatchObject({ code: 'FOREIGN_JOB' });
    await expect(emitter.emitProgress({ ...other, stage: 'A', progress: 1 })).rejects.toMatchObject({ code: 'FOREIGN_JOB' });
    await expect(emitter.emitCompleted({ ...other, result: 1 })).rejects.toMatchObject({ code: 'FOREIGN_JOB' });
    expect(await emitter.run(other, async () => 1)).toBe(1);
    expect(broadcaster.emissions.map(({ rooms }) => rooms)).toEqual([['user:u1', jobRoom({ userId: 'u1', jobId: 'j1' })]]);
  });

  test.each(['refuses', 'hangs'] as const)('rule 5: an end outside run rejects when the store %s for 30 s, and was not broadcast', async (absence) => {
    const { emitter, flaky, broadcaster } = createFixture();
    await emitter.emitProgress({ ...job, stage: 'A', progress: 1 });
    flaky.absence = absence;
    const ending = expect(emitter.emitCompleted({ ...job, result: 1 })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', jobId: 'j1' });
    await later(30_000);
    await ending;
    expect(broadcaster.states).toEqual(['A 1']);
  });

  test('rule 5: an end is stored and then broadcast when the store is back within 30 s', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    await emitter.emitProgress({ ...job, stage: 'A', progress: 1 });
    flaky.absence = 'refuses';
    const ending = emitter.emitCompleted({ ...job, result: 1 });
    await later(25_000);
    expect(broadcaster.states).toEqual(['A 1']);
    flaky.absence = undefined;
    await later(3_000);
    expect(await ending).toEqual(await flaky.get('j1'));
    expect(broadcaster.states).toEqual(['A 1', 'completed']);
  });

  test('rule 5: run resolves with the function’s result though its end cannot be stored, and storing goes on', async () => {
    const { emitter, flaky, broadcaster, codes } = createFixture();
    const running = emitter.run(job, async (run) => {
      flaky.absence = 'hangs';
      run.report(0.5);
      return { noteId: 'n1' };
    });
    await later(1_000);
    expect(await running).toEqual({ noteId: 'n1' });
    expect(broadcaster.states).toEqual(['INITIALIZING 0', 'INITIALIZING 50']);
    flaky.absence = undefined;
    await later(15_000);
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed', result: { noteId: 'n1' } });
    expect(broadcaster.states.at(-1)).toBe('completed');
    expect(codes()).toEqual(['STORE_FAILED']);
  });

  test('rule 5: run throws what the function threw though its end cannot be stored; close gives it up', async () => {
    const { emitter, flaky, broadcaster, codes } = createFixture();
    const thrown = new JobError('DISK_FULL', 'There is no space left.');
    const running = emitter.run(job, async () => {
      flaky.absence = 'refuses';
      throw thrown;
    });
    const failure = expect(running).rejects.toBe(thrown);
    await later(1_000);
    await failure;
    const closing = emitter.close({ timeoutMs: 6_000 });
    await later(6_000);
    await closing;
    expect(broadcaster.states).toEqual(['INITIALIZING 0']);
    expect(codes()).toEqual(['STORE_FAILED', 'STORE_UNAVAILABLE']);
  });

  test('rule 5: in run, what is over its limit is cut or left out and reported, never thrown', async () => {
    const { emitter, flaky, errors, broadcaster } = createFixture();
    const result = await emitter.run(job, async (run) => {
      run.message('m'.repeat(501));
      run.stage('S'.repeat(65));
      run.report(Number.NaN);
      run.metadata({ text: 'x'.repeat(5_000) });
      return 'r'.repeat(40_000);
    });
    expect(result).toHaveLength(40_000);
    expect(errors.every(({ jobId }) => jobId === 'j1')).toBe(true);
    expect(errors).toHaveLength(5);
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed' });
    expect(await flaky.get('j1')).not.toHaveProperty('result');
    await later(5_000);
    expect(broadcaster.emissions.map(({ snapshot }) => snapshot.message?.length ?? 0)).toEqual([0, 500, 0]);
  });
});

describe('rule 6: a store that is away as a run begins', () => {
  test.each(['refuses', 'hangs'] as const)('rule 6: it is waited for at most 1 s when it %s; then the work goes on in silence', async (absence) => {
    const { emitter, flaky, broadcaster } = createFixture();
    flaky.absence = absence;
    const work = vi.fn(async (run: { report(fraction: number): void }) => run.report(0.5));
    const running = emitter.run(job, work);
    await later(999);
    expect(work).not.toHaveBeenCalled();
    await later(1);
    expect(work).toHaveBeenCalledOnce();
    await later(1_000);
    await running;
    expect(broadcaster.emissions).toEqual([]);
  });

  test('rule 6: the run begins properly, before any other write, at first contact', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    flaky.absence = 'refuses';
    const done = deferred();
    const running = emitter.run({ ...job, attempt: 2 }, async (run) => {
      run.stage('A');
      run.report(0.4);
      await done.promise;
      return 'result';
    });
    await later(5_000);
    expect(flaky.calls).not.toHaveProperty('write');
    flaky.absence = undefined;
    await later(2_500);
    expect(broadcaster.states).toEqual(['INITIALIZING 0', 'A 40']);
    expect(await flaky.get('j1')).toMatchObject({ stage: 'A', progress: 40, version: [2, 0, expect.any(Number), 2, expect.any(Number)] });
    done.resolve();
    expect(await running).toBe('result');
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed' });
  });

  test('rule 6: a run that is over before the store is back still begins and then ends', async () => {
    const { emitter, flaky, broadcaster } = createFixture();
    flaky.absence = 'refuses';
    const running = emitter.run(job, async () => 'result');
    await later(3_000);
    expect(await running).toBe('result');
    flaky.absence = undefined;
    await later(2_500);
    expect(broadcaster.states).toEqual(['INITIALIZING 0', 'completed']);
  });

  test('rule 6: a claim whose answer was lost finds the run that it began, and no second attempt', async () => {
    const { emitter, flaky } = createFixture();
    flaky.absence = 'loses-answers';
    const running = emitter.run(job, async ({ attempt }) => attempt);
    await later(50);
    flaky.absence = undefined;
    await later(1_000);
    expect(await running).toBe(1);
    expect(await flaky.get('j1')).toMatchObject({ status: 'completed', result: 1, version: [1, 2, expect.any(Number), 2, expect.any(Number)] });
  });

  test('rule 6: a run that begins late does not overtake one that was claimed after it', async () => {
    const shared = new MemoryJobStore();
    const zombie = createFixture({ flaky: new FlakyStore(shared) });
    const successor = createFixture({ flaky: new FlakyStore(shared) });
    zombie.flaky.absence = 'refuses';
    const overtaken = zombie.emitter.run(job, ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))));
    const failure = expect(overtaken).rejects.toThrow(StaleRunError);
    await later(5_000);
    await successor.emitter.run(job, async () => 'done');
    zombie.flaky.absence = undefined;
    await later(5_000);
    await failure;
    expect(zombie.broadcaster.emissions).toEqual([]);
    expect(await successor.flaky.get('j1')).toMatchObject({ status: 'completed', result: 'done' });
  });

  test('rule 6: live progress of a run that has begun does not depend on the store', async () => {
    const { emitter, flaky, broadcaster, codes } = createFixture();
    const done = deferred();
    const running = emitter.run(job, async (run) => {
      flaky.absence = 'hangs';
      for (let step = 1; step <= 5; step++) {
        await later(200);
        run.report(step / 10);
      }
      await done.promise;
    });
    await later(15_000);
    expect(broadcaster.states).toEqual(['INITIALIZING 0', 'INITIALIZING 10', 'INITIALIZING 20', 'INITIALIZING 30', 'INITIALIZING 40', 'INITIALIZING 50']);
    expect(codes()).toEqual(['STORE_FAILED']);
    flaky.absence = undefined;
    await later(2_000);
    expect(await flaky.get('j1')).toMatchObject({ progress: 50 });
    done.resolve();
    await running;
  });
});

describe('rule 7: within an attempt progress never falls', () => {
  test('rule 7: a run that reports less shows the most it has reported', async () => {
    const { emitter, broadcaster } = createFixture({ throttle: { intervalMs: 0 } });
    await emitter.run(job, async (run) => {
      for (const fraction of [0.6, 0.2, 0.7]) run.report(fraction);
    });
    expect(broadcaster.states).toEqual(['INITIALIZING 0', 'INITIALIZING 60', 'INITIALIZING 60', 'INITIALIZING 70', 'completed']);
  });

  test('rule 7: another process goes on from what is stored, and a failed job keeps its percentage', async () => {
    const flaky = new FlakyStore();
    const one = createFixture({ flaky });
    const two = createFixture({ flaky });
    await one.emitter.emitProgress({ ...job, stage: 'A', progress: 80 });
    expect(await two.emitter.emitProgress({ ...job, stage: 'B', progress: 30 })).toMatchObject({ stage: 'B', progress: 80 });
    expect(await two.emitter.emitFailed({ ...job, error: boom })).toMatchObject({ status: 'failed', progress: 80 });
  });
});

describe('rule 8: several stores', () => {
  test('rule 8: without the durable store progress goes on in the cache, and an end waits until it is back', async () => {
    const durable = new FlakyStore();
    const store = new TieredJobStore({ cache: new MemoryJobStore(), durable: durable.store });
    const { emitter, broadcaster } = createFixture({ store });
    const done = deferred();
    const running = emitter.run(job, async (run) => {
      run.stage('A');
      await later(200);
      durable.absence = 'refuses';
      run.report(0.5);
      await done.promise;
      return 'result';
    });
    await later(300);
    expect((await store.get(['j1']))[0]?.snapshot).toMatchObject({ stage: 'A', progress: 50 });

    done.resolve();
    await later(1_000);
    expect(await running).toBe('result');
    expect(broadcaster.states).toEqual(['INITIALIZING 0', 'A 0', 'A 50']);

    durable.absence = undefined;
    await later(3_000);
    expect(await durable.get('j1')).toMatchObject({ status: 'completed', result: 'result' });
    expect(broadcaster.states.at(-1)).toBe('completed');
  });

  test('rule 8: the durable store hands out epochs and begins runs, whatever the cache has', async () => {
    const durable = new FlakyStore();
    const outside = createFixture({ store: new TieredJobStore({ cache: new MemoryJobStore(), durable: durable.store }) });
    const worker = createFixture({ store: new TieredJobStore({ cache: new MemoryJobStore(), durable: durable.store }) });
    const { version } = await outside.emitter.emitProgress({ ...job, stage: 'A', progress: 80 });
    await worker.emitter.run(job, async (run) => expect(run.attempt).toBe(2));
    const stands = await durable.get('j1');
    expect(stands).toMatchObject({ status: 'completed', version: [2, 2, expect.any(Number), 2, expect.any(Number)] });
    expect(stands!.version[2]).toBeGreaterThan(version[2]);
    expect(await outside.emitter.emitFailed({ ...job, error: boom })).toEqual(stands);
  });
});
