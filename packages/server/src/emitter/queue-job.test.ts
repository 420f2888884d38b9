import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createFixture } from '../../tests/emitter-fixture.js';

const job = { jobId: 'j1', userId: 'u1' };
const queueJob = { queue: 'pdf', id: '7', createdAt: 1_790_000_000_000 };

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23, 12) });
});
afterEach(() => {
  vi.useRealTimers();
});

const fixtureOfQueue = () => {
  const fixture = createFixture({ throttle: { intervalMs: 0 } });
  const kept = async () => (await fixture.flaky.inner.get(['j1']))[0]?.queueJob;
  return { ...fixture, kept };
};

test('the job of a queue that an event names is kept in the store and is never on the wire', async () => {
  const { emitter, broadcaster, kept } = fixtureOfQueue();
  await emitter.emitQueued({ ...job, queueJob });
  expect(await kept()).toEqual(queueJob);
  await emitter.emitProgress({ ...job, stage: 'A', progress: 1, queueJob: { ...queueJob, id: '8' } });
  expect(await kept()).toEqual({ ...queueJob, id: '8' });
  await emitter.emitFailed({ ...job, error: { code: 'BOOM', message: '', retryable: true } });
  expect(await kept()).toEqual({ ...queueJob, id: '8' });
  await emitter.emitQueued({ ...job, attempt: 2, queueJob });
  expect(await kept()).toEqual(queueJob);
  expect(JSON.stringify(broadcaster.emissions)).not.toContain('queueJob');
});

test('a run names the job of its queue again to a store that has forgotten it', async () => {
  const { emitter, flaky, kept } = fixtureOfQueue();
  await emitter.run({ ...job, queueJob }, async (run) => {
    expect(await kept()).toEqual(queueJob);
    flaky.forget();
    run.report(0.5);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await kept()).toEqual(queueJob);
    flaky.forget();
    return 1;
  });
  expect(await kept()).toEqual(queueJob);
});

test('a queueJob of another form is refused', async () => {
  const { emitter } = fixtureOfQueue();
  const wrong = { queue: 'pdf', id: 7, createdAt: 0 } as unknown as typeof queueJob;
  await expect(emitter.emitQueued({ ...job, queueJob: wrong })).rejects.toMatchObject({ code: 'INVALID_PAYLOAD', message: expect.stringContaining('queueJob must be') });
});

test('a job that is put back as a later attempt does not keep the job of the queue that has ended', async () => {
  const { emitter, kept } = fixtureOfQueue();
  await emitter.emitQueued({ ...job, queueJob });
  await emitter.emitFailed({ ...job, error: { code: 'BOOM', message: '', retryable: true } });
  await emitter.emitQueued({ ...job, attempt: 2, rerun: true });
  expect(await kept()).toBeUndefined();
});
