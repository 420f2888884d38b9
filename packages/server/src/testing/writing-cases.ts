import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { strict as assert } from 'node:assert';
import { assertOutcome, begin, jobStoreCase, newJob, shown, stateOf, write, type JobStoreCase } from './job-store-case.js';

/** Which states stand. */
export const writingCases: readonly JobStoreCase[] = [
  jobStoreCase('write: an unknown job becomes known by what is first said of it', async (subject) => {
    const { epoch } = await subject.store.takeEpoch(subject.jobId);
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 1]), 'outside'), 'stored');
    assert.equal((await shown(subject)).userId, subject.userId);
  }),

  jobStoreCase('write: newer replaces older, older does not replace newer', async (subject) => {
    const { epoch } = await begin(subject);
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 5], { stage: 'FIFTH' })), 'stored');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 4], { stage: 'FOURTH' })), 'outdated');
    assert.equal((await shown(subject)).snapshot.stage, 'FIFTH');
  }),

  jobStoreCase('write: the same state again has been stored, as a lost acknowledgement has it', async (subject) => {
    const { epoch } = await begin(subject);
    const end = stateOf(subject.jobId, 'completed', [1, epoch, 2]);
    await assertOutcome(subject, await write(subject, end), 'stored');
    await assertOutcome(subject, await write(subject, end), 'stored');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'failed', [1, epoch, 2])), 'outdated');
    assert.equal((await shown(subject)).snapshot.status, 'completed');
  }),

  jobStoreCase('write: an end beats progress of its attempt, whatever their epochs, and stays', async (subject) => {
    const { epoch } = await begin(subject);
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'failed', [1, 1, 1]), 'outside'), 'stored');
    assert.equal((await shown(subject)).run, undefined);
    for (const late of [stateOf(subject.jobId, 'active', [1, epoch, 9]), stateOf(subject.jobId, 'completed', [1, epoch, 9])]) {
      await assertOutcome(subject, await write(subject, late), 'outdated');
    }
    assert.equal((await shown(subject)).snapshot.status, 'failed');
  }),

  jobStoreCase('write: a later attempt reopens what failed or completed, and only a re-run what was cancelled', async (subject) => {
    const { epoch } = await begin(subject);
    await write(subject, stateOf(subject.jobId, 'failed', [1, epoch, 2]));
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [2, epoch + 1, 1]), 'outside'), 'stored');
    await write(subject, stateOf(subject.jobId, 'cancelled', [2, epoch + 1, 2]), 'outside');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [3, epoch + 2, 1]), 'outside'), 'outdated');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [3, epoch + 2, 1]), 'rerun'), 'stored');
  }),

  jobStoreCase('write: a later attempt of a job that its queue was given again reopens what was cancelled', async (subject) => {
    const queueJob = { queue: `queue-of-${subject.userId}`, id: '1', createdAt: 1_790_000_000_000 };
    const later = { ...queueJob, createdAt: queueJob.createdAt + 1 };
    const { epoch } = await begin(subject, { queueJob });
    await write(subject, stateOf(subject.jobId, 'cancelled', [1, epoch, 2]));
    const outside = async (attempt: number, named: typeof queueJob) =>
      (await subject.store.write([{ userId: subject.userId, by: 'outside', snapshot: stateOf(subject.jobId, 'active', [attempt, epoch + 1, 1]), queueJob: named }]))[0]!;
    assert.equal((await outside(2, queueJob)).outcome, 'outdated');
    assert.equal((await outside(1, later)).outcome, 'outdated');
    assert.equal((await outside(2, later)).outcome, 'stored');
    assert.deepEqual((await shown(subject)).queueJob, later);
  }),

  jobStoreCase('write: an end from outside of an earlier job of the queue does not end a later one of the same id', async (subject) => {
    const queueJob = { queue: `queue-of-${subject.userId}`, id: '1', createdAt: 1_790_000_000_000 };
    const later = { ...queueJob, createdAt: queueJob.createdAt + 1 };
    await subject.store.insert(newJob(subject, { queueJob }));
    const { epoch } = await begin(subject, { queueJob: later });
    const cancelled = async (named: typeof queueJob) =>
      (await subject.store.write([{ userId: subject.userId, by: 'outside', snapshot: stateOf(subject.jobId, 'cancelled', [1, epoch + 1, 1]), queueJob: named }]))[0]!;
    assert.equal((await cancelled(queueJob)).outcome, 'outdated');
    assert.equal((await shown(subject)).snapshot.status, 'active');
    assert.equal((await cancelled(later)).outcome, 'stored');
  }),

  jobStoreCase('write: nobody but a run sets the job of the queue back to an earlier one of the same id', async (subject) => {
    const earlier = { queue: `queue-of-${subject.userId}`, id: '1', createdAt: 1_790_000_000_000 };
    const later = { ...earlier, createdAt: earlier.createdAt + 1 };
    await subject.store.insert(newJob(subject, { queueJob: later }));
    const { epoch } = await subject.store.takeEpoch(subject.jobId);
    const said = async (by: 'outside' | 'rerun' | 'run', snapshot: AnyJobSnapshot): Promise<unknown> => {
      const [written] = await subject.store.write([{ userId: subject.userId, by, snapshot, queueJob: earlier }]);
      assert.equal(written!.outcome, 'stored');
      return (await shown(subject)).queueJob;
    };
    assert.deepEqual(await said('outside', stateOf(subject.jobId, 'active', [1, epoch, 1])), later);
    assert.deepEqual(await said('rerun', stateOf(subject.jobId, 'active', [1, epoch, 2])), later);
    await write(subject, stateOf(subject.jobId, 'failed', [1, epoch, 3]), 'outside');
    assert.deepEqual(await said('outside', stateOf(subject.jobId, 'queued', [2, epoch + 1, 1])), later);
    assert.deepEqual((await begin(subject, { attempt: 2, queueJob: earlier })).record.queueJob, earlier);
  }),

  jobStoreCase('write: only the run that began last is believed', async (subject) => {
    const overtaken = await begin(subject);
    const current = await begin(subject);
    for (const status of ['active', 'completed', 'cancelled'] as const) {
      await assertOutcome(subject, await write(subject, stateOf(subject.jobId, status, [9, overtaken.epoch, 9])), 'stale-run');
    }
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'completed', [2, current.epoch, 2])), 'stored');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'failed', [9, overtaken.epoch, 9])), 'stale-run');
  }),

  jobStoreCase('write: progress from outside gives way to a run, an end from outside does not', async (subject) => {
    const { epoch } = await begin(subject);
    const outside = await subject.store.takeEpoch(subject.jobId);
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [1, outside.epoch, 1]), 'outside'), 'held');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [2, outside.epoch, 1]), 'outside'), 'held');
    assert.equal((await shown(subject)).run?.epoch, epoch);
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'retrying', [1, outside.epoch, 2]), 'outside'), 'stored');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [2, outside.epoch, 3]), 'outside'), 'stored');
  }),

  jobStoreCase('write: a run that the store does not know is believed, and holds the job again', async (subject) => {
    const { jobId } = subject;
    await assertOutcome(subject, await write(subject, stateOf(jobId, 'active', [3, 500, 7])), 'stored');
    assert.equal((await shown(subject)).run?.epoch, 500);
    await assertOutcome(subject, await write(subject, stateOf(jobId, 'active', [4, 600, 2])), 'stored');
    await assertOutcome(subject, await write(subject, stateOf(jobId, 'active', [3, 500, 8])), 'stale-run');
    assert((await begin(subject)).epoch > 600);
  }),

  jobStoreCase('write: within an attempt the percentage never falls, and a request to cancel stays', async (subject) => {
    const { epoch } = await begin(subject);
    await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 2], { progress: 80 }));
    await subject.store.cancel(subject.jobId, { silentAfterMs: 60_000, timestamp: newJob(subject).createdAt });
    const result = await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 3], { progress: 30, stage: 'LATER' }));
    await assertOutcome(subject, result, 'stored');
    const { snapshot } = await shown(subject);
    assert.deepEqual([snapshot.progress, snapshot.stage, snapshot.cancelRequested], [80, 'LATER', true]);
    await write(subject, stateOf(subject.jobId, 'completed', [1, epoch, 4]));
    assert.equal((await shown(subject)).snapshot.cancelRequested, undefined);
    assert.equal((await begin(subject)).record.snapshot.progress, 0);
  }),

  jobStoreCase('write: a batch is decided one by one, in its order, and answered in its order', async (subject) => {
    const jobs = Array.from({ length: 50 }, (_, index) => ({ ...subject, jobId: `${subject.jobId}-${index}` }));
    const runs = await Promise.all(jobs.map((job) => begin(job)));
    const foreign = { ...subject, jobId: `${subject.jobId}-foreign` };
    await subject.store.insert(newJob({ ...foreign, userId: 'somebody-else' }));
    const writes = jobs.flatMap(({ jobId, userId }, index) => [
      { userId, by: 'run' as const, snapshot: stateOf(jobId, 'active', [1, runs[index]!.epoch, 2], { progress: index }) },
      { userId, by: 'run' as const, snapshot: stateOf(jobId, 'completed', [1, runs[index]!.epoch, 3]) },
      { userId, by: 'run' as const, snapshot: stateOf(jobId, 'failed', [1, runs[index]!.epoch, 4]) },
    ]);
    const results = await subject.store.write([...writes, { userId: subject.userId, by: 'outside', snapshot: stateOf(foreign.jobId, 'failed', [1, 1, 1]) }]);
    assert.deepEqual(results.map(({ outcome }) => outcome), [...jobs.flatMap(() => ['stored', 'stored', 'outdated']), 'foreign-owner']);
    for (const record of await subject.store.get(jobs.map(({ jobId }) => jobId))) assert.equal(record?.snapshot.status, 'completed');
    assert.deepEqual(await subject.store.write([]), []);
  }),
];
