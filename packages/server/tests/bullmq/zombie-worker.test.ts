import { applySnapshot, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { bullJobId, followWorker, runBullJob } from '../../src/bullmq/index.js';
import { StaleRunError } from '../../src/server-errors.js';
import { describeOnBullBackends } from './bull-backends.js';
import { recordedEmitter, type RecordedEmitter } from './recorded-emitter.js';

let lost: RecordedEmitter;
let healthy: RecordedEmitter;
/** What a client shows that hears both workers: each change, as it comes. */
let shown: AnyJobSnapshot[];
beforeEach(() => {
  shown = [];
  const hear = (snapshot: AnyJobSnapshot): void => {
    const view = applySnapshot(shown.at(-1), snapshot);
    if (view !== shown.at(-1)) shown.push(view);
  };
  lost = recordedEmitter(undefined, hear);
  healthy = recordedEmitter(lost.store, hear);
});
afterEach(async () => {
  await lost[Symbol.asyncDispose]();
  await healthy[Symbol.asyncDispose]();
});

const patiently = { timeout: 15_000, interval: 50 };

/** A promise, and what settles it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describeOnBullBackends('a worker whose job has stalled and was taken by another', (backend) => {
  it('changes nothing that anybody sees, and is told to stop', async () => {
    const name = backend.queueName();
    const queue = backend.queue(name);
    const hasStarted = gate();
    const wakesUp = gate();
    const zombieIsDone = gate();
    let reason: unknown;
    // It no longer renews its lock, as a process that is frozen does not.
    const zombie = backend.worker(
      name,
      (job) =>
        runBullJob(lost.emitter, job, { userId: 'ada' }, async (run) => {
          run.stage('DOWNLOADING');
          run.report(0.4);
          hasStarted.open();
          await wakesUp.opened;
          run.stage('SAVING');
          run.report(0.95);
          if (!run.signal.aborted) await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
          reason = run.signal.reason;
          return 'of the zombie';
        }).finally(zombieIsDone.open),
      { lockDuration: 200, skipLockRenewal: true, skipStalledCheck: true },
    );
    followWorker(zombie, lost.emitter, { userId: () => 'ada' });
    const job = await queue.add('notes', { userId: 'ada' });
    const jobId = bullJobId(job);
    await hasStarted.opened;
    await zombie.pause(true);

    const isTaken = gate();
    const finishes = gate();
    const worker = backend.worker(
      name,
      (each) =>
        runBullJob(healthy.emitter, each, { userId: 'ada' }, async (run) => {
          run.stage('DOWNLOADING');
          run.report(0.2);
          isTaken.open();
          await finishes.opened;
          return 'of the other';
        }),
      { stalledInterval: 100 },
    );
    followWorker(worker, healthy.emitter, { userId: () => 'ada' });
    await isTaken.opened;

    const saidBefore = lost.broadcasts.length;
    wakesUp.open();
    await zombieIsDone.opened;
    expect(reason).toBeInstanceOf(StaleRunError);
    expect(await lost.standing(jobId)).toMatchObject({ status: 'active', progress: 20, version: [2, 0, expect.anything(), expect.anything(), expect.anything()] });

    finishes.open();
    await vi.waitFor(async () => expect(await queue.getJobState(job.id ?? '')).toBe('completed'), patiently);
    expect(await lost.standing(jobId)).toMatchObject({ status: 'completed', result: 'of the other' });
    expect((await queue.getJob(job.id ?? ''))?.returnvalue).toBe('of the other');
    // What it still broadcast belongs to the attempt before, which nobody shows any more.
    expect(lost.broadcasts.slice(saidBefore).every(({ status, version }) => status === 'active' && version[0] === 1)).toBe(true);
    expect(healthy.course(jobId)).toEqual(['retrying 1', 'active 2', 'completed 2']);
    const ofTheOther = shown.slice(shown.findIndex(({ version }) => version[0] === 2));
    expect(ofTheOther.map(({ stage, progress, version }) => `${version[0]} ${stage} ${progress}`)).toEqual([
      '2 INITIALIZING 0',
      '2 DOWNLOADING 0',
      '2 DOWNLOADING 20',
      '2 COMPLETED 100',
    ]);
  });
});
