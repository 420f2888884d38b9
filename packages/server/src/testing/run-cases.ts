import { strict as assert } from 'node:assert';
import { assertOutcome, begin, claim, jobStoreCase, newJob, SAID_AT, shown, stateOf, write, type JobStoreCase } from './job-store-case.js';

const HEARD_LATELY = { silentAfterMs: 60_000, timestamp: SAID_AT };
const SILENT = { silentAfterMs: -60_000, timestamp: SAID_AT };

/** How runs begin, give signs of life, and are cancelled. */
export const runCases: readonly JobStoreCase[] = [
  jobStoreCase('begin: shows the job as active, at 0 %, under a new epoch, held by the run', async (subject) => {
    await subject.store.insert(newJob(subject, { type: 'pdf-notes', message: 'Waiting', metadata: { fileName: 'a.pdf' } }));
    const { epoch, record } = await begin(subject, { createdAt: SAID_AT });
    assert.deepEqual(record.snapshot, {
      jobId: subject.jobId,
      type: 'pdf-notes',
      status: 'active',
      stage: 'INITIALIZING',
      progress: 0,
      metadata: { fileName: 'a.pdf' },
      version: [1, 0, epoch, 1, epoch],
      createdAt: newJob(subject).createdAt,
      timestamp: SAID_AT,
    });
    assert.equal(record.run?.epoch, epoch);
    assert.deepEqual(await shown(subject), record);
  }),

  jobStoreCase('begin: each time another attempt and a greater epoch, and never less than the queue says', async (subject) => {
    const first = await begin(subject);
    const second = await begin(subject);
    const third = await begin(subject, { attempt: 7 });
    const fourth = await begin(subject, { attempt: 2 });
    assert.deepEqual([first.attempt, second.attempt, third.attempt, fourth.attempt], [1, 2, 7, 8]);
    assert(first.epoch < second.epoch && second.epoch < third.epoch && third.epoch < fourth.epoch);
  }),

  jobStoreCase('begin: a claim that is made again, because its answer was lost, finds the run that it began', async (subject) => {
    const first = await begin(subject, { claimId: 'claim-1', askedMsAgo: 0 });
    assert.deepEqual(await begin(subject, { claimId: 'claim-1', askedMsAgo: 100 }), first);
    await write(subject, stateOf(subject.jobId, 'completed', [1, first.epoch, 2]));
    const ended = await shown(subject);
    assert.deepEqual(await subject.store.begin(claim(subject, { claimId: 'claim-1', askedMsAgo: 200 })), { outcome: 'overtaken', record: ended });
    assert.deepEqual(await shown(subject), ended);
  }),

  jobStoreCase('begin: a claim that comes late does not overtake a run that was claimed after it', async (subject) => {
    const later = await begin(subject, { claimId: 'claim-2', askedMsAgo: 1_000 });
    assert.deepEqual(await subject.store.begin(claim(subject, { claimId: 'claim-1', askedMsAgo: 60_000 })), { outcome: 'overtaken', record: later.record });
    await write(subject, stateOf(subject.jobId, 'completed', [1, later.epoch, 2]));
    const ended = await shown(subject);
    assert.deepEqual(await subject.store.begin(claim(subject, { claimId: 'claim-1', askedMsAgo: 60_000 })), { outcome: 'overtaken', record: ended });
    assert.equal((await begin(subject, { claimId: 'claim-3', askedMsAgo: 0 })).attempt, 2);
  }),

  jobStoreCase('begin: a job that its queue was given again under the id of a cancelled one begins; the same job does not', async (subject) => {
    const queueJob = { queue: `queue-of-${subject.userId}`, id: '1', createdAt: 1_790_000_000_000 };
    await subject.store.insert(newJob(subject, { queueJob }));
    await subject.store.cancel(subject.jobId, SILENT);
    for (const other of [{ queueJob }, { queueJob: { ...queueJob, createdAt: 0 } }, { queueJob: { ...queueJob, id: '2', createdAt: queueJob.createdAt + 1 } }, {}])
      assert.equal((await subject.store.begin(claim(subject, other))).outcome, 'cancelled');
    const givenAgain = { ...queueJob, createdAt: queueJob.createdAt + 1 };
    const { attempt, record } = await begin(subject, { queueJob: givenAgain });
    assert.equal(attempt, 2);
    assert.deepEqual(record.queueJob, givenAgain);
  }),

  jobStoreCase('begin: a cancelled job begins only as a re-run; a completed one begins', async (subject) => {
    await subject.store.insert(newJob(subject));
    await subject.store.cancel(subject.jobId, HEARD_LATELY);
    const before = await shown(subject);
    assert.deepEqual(await subject.store.begin(claim(subject)), { outcome: 'cancelled', record: before });
    assert.deepEqual(await shown(subject), before);
    const { attempt, epoch } = await begin(subject, { rerun: true });
    assert.equal(attempt, 2);
    await write(subject, stateOf(subject.jobId, 'completed', [2, epoch, 2]));
    assert.equal((await begin(subject)).attempt, 3);
  }),

  jobStoreCase('begin: goes on with the attempt of a job that a run has left to the next step, where that has stopped', async (subject) => {
    const step = await begin(subject, { attempt: 3 });
    const leftOver = stateOf(subject.jobId, 'queued', [3, step.epoch, 2], { stage: 'EXTRACTING_TEXT', progress: 70 });
    await assertOutcome(subject, await write(subject, leftOver), 'stored');
    assert.equal((await shown(subject)).run, undefined, 'nobody holds it');

    const next = await begin(subject, { attempt: 1 });
    assert(next.epoch > step.epoch);
    const { status, stage, progress, version } = next.record.snapshot;
    assert.deepEqual([status, stage, progress, version], ['active', 'EXTRACTING_TEXT', 70, [3, 0, next.epoch, 1, next.epoch]]);
    await assertOutcome(subject, await write(subject, leftOver), 'stale-run');
    const { record, attempt } = await begin(subject);
    assert.deepEqual([attempt, record.snapshot.progress, record.snapshot.stage], [4, 0, 'INITIALIZING']);
  }),

  jobStoreCase('begin: a job that was put back as a later attempt is begun as that one, or as what the queue says', async (subject) => {
    const { store, jobId } = subject;
    await begin(subject);
    const cancelled = await store.cancel(jobId, SILENT);
    assert(cancelled.outcome === 'cancelled');
    const putBack = async (attempt: number) => {
      const { epoch } = await store.takeEpoch(jobId);
      return stateOf(jobId, 'queued', [attempt, epoch, 1], { stage: 'QUEUED', progress: 0 });
    };
    await assertOutcome(subject, await write(subject, await putBack(2), 'outside'), 'outdated');
    await assertOutcome(subject, await write(subject, await putBack(2), 'rerun'), 'stored');
    const again = await begin(subject);
    assert.deepEqual([again.attempt, again.record.snapshot.progress, again.record.snapshot.stage], [2, 0, 'INITIALIZING']);
    await write(subject, stateOf(jobId, 'failed', [2, again.epoch, 2]));
    await write(subject, await putBack(3), 'outside');
    assert.equal((await begin(subject, { attempt: 5 })).attempt, 5);
  }),

  jobStoreCase('cancel: a job between two steps ends at once, and its next step does not begin', async (subject) => {
    const { epoch } = await begin(subject);
    await write(subject, stateOf(subject.jobId, 'queued', [1, epoch, 2]));
    assert.equal((await subject.store.cancel(subject.jobId, HEARD_LATELY)).outcome, 'cancelled');
    assert.equal((await subject.store.begin(claim(subject))).outcome, 'cancelled');
  }),

  jobStoreCase('takeEpoch: grows, tells what stands, and moves no fence', async (subject) => {
    const first = await subject.store.takeEpoch(subject.jobId);
    assert.equal(first.record, undefined);
    assert.deepEqual(await subject.store.get([subject.jobId]), [undefined]);
    const run = await begin(subject);
    const second = await subject.store.takeEpoch(subject.jobId);
    assert(first.epoch < run.epoch && run.epoch < second.epoch);
    assert.deepEqual(second.record, await shown(subject));
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [1, run.epoch, 2])), 'stored');
  }),

  jobStoreCase('heartbeat: tells a run that it holds the job, that cancelling was asked for, that it was overtaken', async (subject) => {
    const { store, jobId } = subject;
    const { epoch } = await begin(subject);
    const { changedAt } = await shown(subject);
    const beat = { jobId, epoch };
    assert.deepEqual(await store.heartbeat([beat]), [{ outcome: 'alive', cancelRequested: false }]);
    assert.equal((await shown(subject)).changedAt, changedAt, 'a sign of life is no change');
    assert.equal((await store.cancel(jobId, HEARD_LATELY)).outcome, 'requested');
    assert.deepEqual(await store.heartbeat([beat]), [{ outcome: 'alive', cancelRequested: true }]);
    const later = await begin(subject);
    assert.deepEqual(await store.heartbeat([beat, { jobId, epoch: later.epoch }, { jobId: `${jobId}-unknown`, epoch: 1 }]), [
      { outcome: 'overtaken' },
      { outcome: 'alive', cancelRequested: true },
      { outcome: 'unknown' },
    ]);
    await write(subject, stateOf(jobId, 'failed', [2, later.epoch + 1, 1]), 'outside');
    assert.deepEqual(await store.heartbeat([{ jobId, epoch: later.epoch }]), [{ outcome: 'overtaken' }]);
    assert.deepEqual(await store.heartbeat([]), []);
  }),

  jobStoreCase('cancel: a living run is asked, and asked once', async (subject) => {
    await begin(subject);
    const result = await subject.store.cancel(subject.jobId, HEARD_LATELY);
    assert.equal(result.outcome, 'requested');
    const asked = await shown(subject);
    assert.equal(asked.snapshot.cancelRequested, true);
    assert.equal(asked.snapshot.status, 'active');
    assert.deepEqual(await subject.store.cancel(subject.jobId, HEARD_LATELY), { outcome: 'requested', record: asked });
  }),

  jobStoreCase('cancel: a queued job, and one whose run is silent, ends at once', async (subject) => {
    await subject.store.insert(newJob(subject, { message: 'Waiting', metadata: { fileName: 'a.pdf' } }));
    const queued = await subject.store.cancel(subject.jobId, HEARD_LATELY);
    assert(queued.outcome === 'cancelled', queued.outcome);
    const [attempt, rank, epoch, seq] = queued.record.snapshot.version;
    assert.deepEqual([attempt, rank, seq], [1, 2, 1]);
    assert(epoch > 0);
    assert.deepEqual(queued.record.snapshot.metadata, { fileName: 'a.pdf' });
    assert.equal(queued.record.snapshot.timestamp, SAID_AT);
    assert.deepEqual(await shown(subject), queued.record);

    const silent = { ...subject, jobId: `${subject.jobId}-2` };
    const run = await begin(silent);
    const cancelled = await subject.store.cancel(silent.jobId, SILENT);
    assert(cancelled.outcome === 'cancelled', cancelled.outcome);
    assert(cancelled.record.snapshot.version[2] > run.epoch);
    assert.equal(cancelled.record.run, undefined);
    await assertOutcome(silent, await write(silent, stateOf(silent.jobId, 'completed', [1, run.epoch, 2])), 'outdated');
  }),

  jobStoreCase('cancel: what has ended stays; what is not known is not known', async (subject) => {
    const { epoch } = await begin(subject);
    await write(subject, stateOf(subject.jobId, 'completed', [1, epoch, 2]));
    const before = await shown(subject);
    assert.deepEqual(await subject.store.cancel(subject.jobId, SILENT), { outcome: 'ended', record: before });
    assert.deepEqual(await shown(subject), before);
    assert.deepEqual(await subject.store.cancel(`${subject.jobId}-unknown`, SILENT), { outcome: 'unknown' });
  }),

  jobStoreCase('cancel: the request belongs to the job, not to the attempt', async (subject) => {
    const { epoch } = await begin(subject);
    await subject.store.cancel(subject.jobId, HEARD_LATELY);
    await write(subject, stateOf(subject.jobId, 'retrying', [1, epoch, 2]));
    assert.equal((await begin(subject)).record.snapshot.cancelRequested, true);
  }),
];
