import { strict as assert } from 'node:assert';
import { begin, claim, jobStoreCase, newJob, SAID_AT, shown, stateOf, write, type JobStoreCase } from './job-store-case.js';

/** How jobs become known, and who owns them. */
export const acceptingCases: readonly JobStoreCase[] = [
  jobStoreCase('insert: an unknown job is queued, as version [1, 0, 0, 1] of a term by the store’s clock', async (subject) => {
    const before = Math.floor(await subject.store.now());
    const job = newJob(subject, { type: 'pdf-notes', message: 'Waiting', metadata: { fileName: 'a.pdf' } });
    const record = await subject.store.insert(job);
    const term = record?.snapshot.version[4] ?? 0;
    assert(term >= before && term <= (await subject.store.now()) + 1, `${term} is a time of the store`);
    assert.deepEqual(record?.snapshot, {
      jobId: subject.jobId,
      type: 'pdf-notes',
      status: 'queued',
      stage: 'QUEUED',
      progress: 0,
      message: 'Waiting',
      metadata: { fileName: 'a.pdf' },
      version: [1, 0, 0, 1, term],
      createdAt: job.createdAt,
      timestamp: job.createdAt,
    });
    assert.equal(record?.userId, subject.userId);
    assert.equal(record?.run, undefined);
    assert.deepEqual(await shown(subject), record);
  }),

  jobStoreCase('insert: a job that is known stays as it is, and is the answer', async (subject) => {
    await begin(subject);
    const before = await shown(subject);
    assert.deepEqual((await subject.store.insert(newJob(subject, { message: 'late' })))?.snapshot, before.snapshot);
    assert.deepEqual(await shown(subject), before);
  }),

  jobStoreCase('owner: the first one stays; another is refused everything and changes nothing', async (subject) => {
    const stranger = { ...subject, userId: `${subject.userId}-stranger` };
    await subject.store.insert(newJob(subject));
    const before = await shown(subject);
    assert.equal(await subject.store.insert(newJob(stranger)), undefined);
    assert.deepEqual(await subject.store.begin(claim(stranger)), { outcome: 'foreign-owner' });
    assert.deepEqual(await write(stranger, stateOf(subject.jobId, 'failed', [5, 5, 5]), 'outside'), { outcome: 'foreign-owner' });
    assert.deepEqual(await shown(subject), before);
  }),

  jobStoreCase('get: answers in the order of the question, undefined for what is not known', async (subject) => {
    const other = { ...subject, jobId: `${subject.jobId}-2` };
    await subject.store.insert(newJob(subject));
    await subject.store.insert(newJob(other));
    const records = await subject.store.get([other.jobId, `${subject.jobId}-unknown`, subject.jobId, other.jobId]);
    assert.deepEqual(records.map((record) => record?.snapshot.jobId), [other.jobId, undefined, subject.jobId, other.jobId]);
    assert.deepEqual(await subject.store.get([]), []);
  }),

  jobStoreCase('content: whatever JSON can say comes back as it was', async (subject) => {
    const { epoch } = await begin(subject);
    const fields = {
      message: 'ä 漢字 🎈 \u0000 \ud800 " \\ \u2028',
      metadata: { deep: [[{ a: [null, true, 1e-7, -0.5, 1e21] }]], ['']: '', __proto__x: 1, null: null },
      result: { text: 'x'.repeat(30_000), nul: '\u0000' },
    };
    const snapshot = stateOf(subject.jobId, 'completed', [1, epoch, 2], fields);
    assert.equal((await write(subject, snapshot)).outcome, 'stored');
    const { snapshot: kept } = await shown(subject);
    assert.deepEqual({ ...kept, version: kept.version.slice(0, 4) }, snapshot);
  }),

  jobStoreCase('now: is a clock in milliseconds, and stamps what changes', async (subject) => {
    const before = await subject.store.now();
    await subject.store.insert(newJob(subject));
    const after = await subject.store.now();
    const { changedAt } = await shown(subject);
    assert(Number.isSafeInteger(changedAt), `changedAt ${changedAt} is whole`);
    // A store may carry its clock on by its own for a few seconds.
    assert(before - 1_000 <= changedAt && changedAt <= after + 1_000, `${before} ≤ ${changedAt} ≤ ${after}`);
  }),

  jobStoreCase('createdAt: the first one stays', async (subject) => {
    await subject.store.insert(newJob(subject));
    const { epoch, record } = await begin(subject, { createdAt: SAID_AT });
    assert.equal(record.snapshot.createdAt, newJob(subject).createdAt);
    await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 2], { createdAt: SAID_AT }));
    assert.equal((await shown(subject)).snapshot.createdAt, newJob(subject).createdAt);
  }),

  jobStoreCase('close: may be called again', async ({ open }) => {
    const store = await open();
    await store.close();
    await store.close();
  }),
];
