import { strict as assert } from 'node:assert';
import type { QueueJob, UnfinishedQuery } from '../store/job-store.js';
import { begin, claim, jobStoreCase, newJob, SAID_AT, shown, stateOf, write, type JobStoreCase, type Subject } from './job-store-case.js';

const DAY_MS = 86_400_000;

/** A job of the subject's own queue: other cases may use the same data. */
const queueJobOf = ({ userId }: Subject, id = '1'): QueueJob => ({ queue: `queue-of-${userId}`, id, createdAt: 1_790_000_000_000 });

const listUnfinished = (subject: Subject, query: Partial<UnfinishedQuery> = {}) =>
  subject.store.listUnfinished({ untouchedForMs: 0, limit: 100, queue: queueJobOf(subject).queue, ...query });

const idsOf = (jobs: readonly { snapshot: { jobId: string } }[], { jobId }: Subject): string[] => jobs.map(({ snapshot }) => snapshot.jobId.slice(jobId.length));

/** Waits until the store's clock has moved on. */
async function laterThan({ store }: Subject, time: number): Promise<void> {
  while ((await store.now()) <= time + 10) await new Promise((resolve) => setTimeout(resolve, 10));
}

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
];
