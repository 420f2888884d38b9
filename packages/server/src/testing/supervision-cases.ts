import { strict as assert } from 'node:assert';
import type { JobRunHold, QueueJob } from '../store/job-record.js';
import type { SuperviseOptions, SuperviseResult, UnfinishedQuery } from '../store/job-store.js';
import { begin, claim, jobStoreCase, laterThan, newJob, SAID_AT, shown, stateOf, write, type JobStoreCase, type Subject } from './job-store-case.js';

const DAY_MS = 86_400_000;

/** A job of the subject's own queue: other cases may use the same data. */
const queueJobOf = ({ userId }: Subject, id = '1'): QueueJob => ({ queue: `queue-of-${userId}`, id, createdAt: 1_790_000_000_000 });

const listUnfinished = (subject: Subject, query: Partial<UnfinishedQuery> = {}) =>
  subject.store.listUnfinished({ untouchedForMs: 0, limit: 100, queue: queueJobOf(subject).queue, ...query });

/** Supervises a run: the one that holds the job now, unless another is given. */
async function supervise({ store, jobId }: Pick<Subject, 'store' | 'jobId'>, as: SuperviseOptions['as'], run?: JobRunHold): Promise<SuperviseResult> {
  const held = run === undefined ? await store.listUnfinished({ untouchedForMs: 0, limit: 100_000, held: true }) : [];
  const seen = run ?? held.find(({ snapshot }) => snapshot.jobId === jobId)?.run ?? { epoch: 1, aliveAt: 1 };
  return store.superviseRun(jobId, { run: seen, as, timestamp: SAID_AT });
}

const idsOf = (jobs: readonly { snapshot: { jobId: string } }[], { jobId }: Subject): string[] => jobs.map(({ snapshot }) => snapshot.jobId.slice(jobId.length));

/** What supervision asks of a store: which job of a queue it is, who is unfinished, and who looks after it. */
export const supervisionCases: readonly JobStoreCase[] = [
  jobStoreCase('queueJob: stays in the record until another is named, whoever writes, and is not part of the snapshot', async (subject) => {
    const queueJob = queueJobOf(subject);
    await subject.store.insert(newJob(subject, { queueJob }));
    const { epoch, record } = await begin(subject);
    assert.deepEqual(record.queueJob, queueJob);
    assert(!('queueJob' in record.snapshot), 'it is not on the wire');
    await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 2]));
    await subject.store.heartbeat([{ jobId: subject.jobId, epoch }]);
    assert.deepEqual((await shown(subject)).queueJob, queueJob);

    const again = queueJobOf(subject, '2');
    await begin(subject, { queueJob: again });
    assert.deepEqual((await shown(subject)).queueJob, again);
    await subject.store.cancel(subject.jobId, { silentAfterMs: -60_000, timestamp: SAID_AT });
    assert.deepEqual((await shown(subject)).queueJob, again);
    await subject.store.write([{ userId: subject.userId, by: 'rerun', snapshot: stateOf(subject.jobId, 'active', [3, epoch + 60_000, 1]), queueJob }]);
    assert.deepEqual((await shown(subject)).queueJob, queueJob);
  }),

  jobStoreCase('queueJob: a step does not take the place of the whole, and a known job is given the whole that it lacks', async (subject) => {
    const step = { ...queueJobOf(subject, 'step'), isStep: true };
    const whole = queueJobOf(subject, 'whole');
    const { record } = await begin(subject, { queueJob: step });
    assert.deepEqual(record.queueJob, step);
    const named = await subject.store.insert(newJob(subject, { queueJob: whole }));
    assert.deepEqual(named, { ...record, queueJob: whole });
    assert.deepEqual((await shown(subject)).queueJob, whole);
    assert.deepEqual((await listUnfinished(subject)).map(({ queueJob }) => queueJob), [whole]);
    await subject.store.insert(newJob(subject, { queueJob: queueJobOf(subject, 'other') }));
    assert.deepEqual((await begin(subject, { queueJob: step })).record.queueJob, whole);
    const again = { ...whole, createdAt: whole.createdAt + 1 };
    assert.deepEqual((await subject.store.insert(newJob(subject, { queueJob: again })))?.queueJob, again);
    assert.deepEqual((await subject.store.insert(newJob(subject, { queueJob: whole })))?.queueJob, again);
    assert.equal(await subject.store.insert(newJob({ ...subject, userId: `${subject.userId}-other` }, { queueJob: step })), undefined);
    await subject.store.cancel(subject.jobId, { silentAfterMs: -60_000, timestamp: SAID_AT });
    assert.deepEqual((await subject.store.insert(newJob(subject, { queueJob: queueJobOf(subject, 'late') })))?.queueJob, again);
  }),

  jobStoreCase('insert: keeps until when a delayed job waits, and a run that begins clears it', async (subject) => {
    const delayedUntil = '2026-11-23T13:00:00.000Z';
    assert.equal((await subject.store.insert(newJob(subject, { delayedUntil })))?.snapshot.delayedUntil, delayedUntil);
    assert.equal((await shown(subject)).snapshot.delayedUntil, delayedUntil);
    assert.equal((await begin(subject)).record.snapshot.delayedUntil, undefined);
  }),

  jobStoreCase('superviseRun: never ends a step of a queue, which gives it to another worker', async (subject) => {
    await begin(subject, { queueJob: { ...queueJobOf(subject), isStep: true } });
    assert.equal((await supervise(subject, 'lost')).outcome, 'stalled');
  }),

  jobStoreCase('listUnfinished: unfinished jobs of all users, the one untouched for longest first', async (subject) => {
    const jobs = ['-queued', '-active', '-retrying', '-completed', '-cancelled'].map((suffix, index) => ({ ...subject, jobId: subject.jobId + suffix, userId: `${subject.userId}-${index}` }));
    const [queued, active, retrying, completed, cancelled] = jobs as [Subject, Subject, Subject, Subject, Subject];
    const queueJob = queueJobOf(subject);
    for (const job of jobs) {
      await subject.store.insert(newJob(job, { queueJob }));
      await laterThan(subject, (await shown(job)).changedAt);
    }
    const runs = await Promise.all([active, retrying, completed].map((job) => begin(job)));
    const written = await Promise.all([
      write(retrying, stateOf(retrying.jobId, 'retrying', [1, runs[1]!.epoch, 2])),
      write(completed, stateOf(completed.jobId, 'completed', [1, runs[2]!.epoch, 2])),
      subject.store.cancel(cancelled.jobId, { silentAfterMs: 0, timestamp: SAID_AT }),
    ]);
    assert.deepEqual(written.map(({ outcome }) => outcome), ['stored', 'stored', 'cancelled']);
    await laterThan(subject, (await shown(retrying)).changedAt);
    await subject.store.heartbeat([{ jobId: active.jobId, epoch: runs[0]!.epoch }]);

    const listed = await listUnfinished(subject);
    assert.deepEqual(idsOf(listed, subject), ['-queued', '-retrying', '-active']);
    assert.deepEqual(listed.map(({ userId }) => userId), [queued, retrying, active].map(({ userId }) => userId));
    const records = await subject.store.get(listed.map(({ snapshot }) => snapshot.jobId));
    assert.deepEqual(listed.map(({ snapshot }) => snapshot), records.map((record) => record?.snapshot));
    assert.deepEqual(listed.map((job) => job.queueJob), [queueJob, queueJob, queueJob]);
    for (const { touchedAt } of listed) assert(Number.isSafeInteger(touchedAt), `touchedAt ${touchedAt} is whole`);
    assert(listed[2]!.touchedAt > listed[2]!.changedAt, 'a heartbeat touches a job and does not change it');
    assert.deepEqual(await listUnfinished(subject, { untouchedForMs: DAY_MS }), []);
    assert.deepEqual(await listUnfinished(subject, { queue: `${queueJob.queue}-other` }), []);
    const all = await subject.store.listUnfinished({ untouchedForMs: 0, limit: 100_000 });
    assert.deepEqual(idsOf(all.filter(({ snapshot }) => snapshot.jobId.startsWith(subject.jobId)), subject), ['-queued', '-retrying', '-active']);
  }),

  jobStoreCase('listUnfinished: page by page, after the last job seen', async (subject) => {
    const queueJob = queueJobOf(subject);
    await Promise.all(Array.from({ length: 7 }, (_, index) => subject.store.begin(claim({ ...subject, jobId: `${subject.jobId}-${index}` }, { queueJob }))));
    const seen: string[] = [];
    for (let after: UnfinishedQuery['after'] | undefined; ; ) {
      const page = await listUnfinished(subject, { limit: 2, ...(after && { after }) });
      seen.push(...idsOf(page, subject));
      const last = page.at(-1);
      if (last === undefined) break;
      after = { touchedAt: last.touchedAt, jobId: last.snapshot.jobId };
    }
    assert.deepEqual(seen.toSorted(), ['-0', '-1', '-2', '-3', '-4', '-5', '-6']);
    assert.deepEqual(seen, idsOf(await listUnfinished(subject), subject));
  }),

  jobStoreCase('takeLease: one holder at a time, who may renew it; another once it was given back or has run out', async ({ store, jobId: name }) => {
    assert.equal(await store.takeLease(name, 'first', 60_000), true);
    assert.equal(await store.takeLease(name, 'second', 60_000), false);
    assert.equal(await store.takeLease(`${name}-other`, 'second', 60_000), true);
    assert.equal(await store.takeLease(name, 'first', 60_000), true);
    assert.equal(await store.takeLease(name, 'second', 0), false, 'only its holder gives it back');
    assert.equal(await store.takeLease(name, 'first', 0), true);
    assert.equal(await store.takeLease(name, 'second', 20), true);
    for (let isTaken = false; !isTaken; isTaken = await store.takeLease(name, 'first', 60_000)) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(await store.takeLease(name, 'second', 60_000), false);
  }),

  jobStoreCase('race: of many who take a lease at once one gets it', async ({ store, open, jobId: name }) => {
    const other = await open();
    const taken = await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? store : other).takeLease(name, `holder-${index}`, 60_000)));
    assert.equal(taken.filter((isTaken) => isTaken).length, 1);
    if (other !== store) await other.close();
  }),

  jobStoreCase('listUnfinished: held, only jobs that a run holds, page by page', async (subject) => {
    const jobs = ['-queued', '-direct', '-retrying', '-handed-over', '-completed', '-0', '-1', '-2'].map((suffix) => ({ ...subject, jobId: subject.jobId + suffix }));
    const [queued, direct, retrying, handedOver, completed, ...held] = jobs as [Subject, Subject, Subject, Subject, Subject, ...Subject[]];
    const queueJob = queueJobOf(subject);
    await subject.store.insert(newJob(queued, { queueJob }));
    const { epoch } = await subject.store.takeEpoch(direct.jobId);
    await subject.store.write([{ userId: direct.userId, by: 'outside', snapshot: stateOf(direct.jobId, 'active', [1, epoch, 1]), queueJob }]);
    for (const [job, status] of [[retrying, 'retrying'], [handedOver, 'queued'], [completed, 'completed']] as const) {
      const run = await begin(job, { queueJob });
      await write(job, stateOf(job.jobId, status, [1, run.epoch, 2]));
    }
    for (const job of held) await begin(job, { queueJob });
    const seen: string[] = [];
    for (let after: UnfinishedQuery['after'] | undefined; ; ) {
      const page = await listUnfinished(subject, { held: true, limit: 2, ...(after && { after }) });
      seen.push(...idsOf(page, subject));
      const last = page.at(-1);
      if (last === undefined) break;
      after = { touchedAt: last.touchedAt, jobId: last.snapshot.jobId };
    }
    assert.deepEqual(seen.toSorted(), ['-0', '-1', '-2']);
    assert.equal((await listUnfinished(subject)).length, 7);
    assert.deepEqual(await listUnfinished(subject, { held: true, untouchedForMs: DAY_MS }), []);
  }),

  jobStoreCase('superviseRun: a silent run is shown as stalled, under the version that it has, until its next state', async (subject) => {
    const { jobId, store } = subject;
    const { epoch, record } = await begin(subject);
    const marked = await supervise(subject, 'stalled');
    assert.equal(marked.outcome, 'stalled');
    assert.deepEqual((await shown(subject)).snapshot, { ...record.snapshot, stalled: true });
    assert.deepEqual(await supervise(subject, 'stalled'), { outcome: 'stalled-before' });

    assert.deepEqual(await store.heartbeat([{ jobId, epoch }]), [{ outcome: 'alive', cancelRequested: false, stalled: true }]);
    assert.equal((await write(subject, stateOf(jobId, 'active', [1, epoch, 2]))).outcome, 'stored');
    assert.equal((await shown(subject)).snapshot.stalled, undefined);
  }),

  jobStoreCase('superviseRun: leaves alone a run that has sent a heartbeat since it was seen, and one that began later', async (subject) => {
    const { jobId, store } = subject;
    const { epoch, record } = await begin(subject);
    await laterThan(subject, record.run!.aliveAt);
    await store.heartbeat([{ jobId, epoch }]);
    assert.deepEqual(await supervise(subject, 'lost', record.run), { outcome: 'alive' });
    const later = await begin(subject);
    assert.deepEqual(await supervise(subject, 'lost', { ...later.record.run!, epoch }), { outcome: 'alive' });
    assert.equal((await shown(subject)).snapshot.status, 'active');
  }),

  jobStoreCase('superviseRun: a run that is lost has failed with WORKER_LOST, and is told that it was overtaken', async (subject) => {
    const { jobId, store } = subject;
    const { epoch } = await begin(subject);
    await write(subject, stateOf(jobId, 'active', [1, epoch, 2], { progress: 40, message: 'half of it' }));
    // A store in layers first writes what it has cached, which is a sign of life.
    const first = await supervise(subject, 'lost');
    const ended = first.outcome === 'alive' ? await supervise(subject, 'lost') : first;
    assert(ended.outcome === 'ended');
    assert.deepEqual(await shown(subject), ended.record);
    const { status, progress, message, stalled, error, version } = ended.record.snapshot;
    assert.deepEqual([status, progress, message, stalled, version.slice(0, 2)], ['failed', 40, undefined, undefined, [1, 2]]);
    assert.deepEqual([error?.code, error?.retryable], ['WORKER_LOST', true]);
    assert.equal(ended.record.run, undefined);

    assert.deepEqual(await store.heartbeat([{ jobId, epoch }]), [{ outcome: 'overtaken' }]);
    assert.equal((await write(subject, stateOf(jobId, 'active', [1, epoch, 3]))).outcome, 'stale-run');
    assert.equal((await write(subject, stateOf(jobId, 'completed', [1, epoch, 4]))).outcome, 'stale-run');
    assert.deepEqual(await shown(subject), ended.record);
    const again = await begin(subject);
    assert.equal(again.attempt, 2);
    assert.equal((await shown(subject)).snapshot.stalled, undefined);
  }),

  jobStoreCase('superviseRun: a silent run whose job somebody wants cancelled has been cancelled, and only then', async (subject) => {
    await begin(subject);
    assert.equal((await supervise(subject, 'cancelled')).outcome, 'stalled');
    await subject.store.cancel(subject.jobId, { silentAfterMs: 600_000, timestamp: SAID_AT });
    const result = await supervise(subject, 'cancelled');
    assert(result.outcome === 'ended');
    const { status, cancelRequested, error } = (await shown(subject)).snapshot;
    assert.deepEqual([status, cancelRequested, error], ['cancelled', undefined, undefined]);
  }),

  jobStoreCase('superviseRun: never ends a job of a queue, and leaves alone what no run holds', async (subject) => {
    await begin(subject, { queueJob: queueJobOf(subject) });
    assert.equal((await supervise(subject, 'lost')).outcome, 'stalled');
    assert.equal((await supervise(subject, 'lost')).outcome, 'stalled-before');
    assert.equal((await shown(subject)).snapshot.status, 'active');

    const [queued, direct, retrying, completed, unknown] = ['-queued', '-direct', '-retrying', '-completed', '-unknown'].map((suffix) => ({ ...subject, jobId: subject.jobId + suffix })) as [Subject, Subject, Subject, Subject, Subject];
    await subject.store.insert(newJob(queued));
    const { epoch } = await subject.store.takeEpoch(direct.jobId);
    await write(direct, stateOf(direct.jobId, 'active', [1, epoch, 1]), 'outside');
    for (const [job, status] of [[retrying, 'retrying'], [completed, 'completed']] as const) {
      const run = await begin(job);
      await write(job, stateOf(job.jobId, status, [1, run.epoch, 2]));
    }
    for (const job of [queued, direct, retrying, completed, unknown])
      assert.deepEqual(await supervise(job, 'lost'), { outcome: 'not-held' }, job.jobId);
  }),
];
