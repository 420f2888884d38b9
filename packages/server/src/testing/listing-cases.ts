import { strict as assert } from 'node:assert';
import { begin, jobStoreCase, newJob, stateOf, write, type JobStoreCase, type Subject } from './job-store-case.js';

const minute = (value: number): string => `2026-01-01T08:${String(value).padStart(2, '0')}:00.000Z`;
const idsOf = (records: readonly { snapshot: { jobId: string } }[], { jobId }: Subject): string[] =>
  records.map(({ snapshot }) => snapshot.jobId.slice(jobId.length));

/** Jobs of the subject's user, by the ends of their ids. */
async function insertJobs(subject: Subject, jobs: Readonly<Record<string, string>>): Promise<void> {
  for (const [suffix, createdAt] of Object.entries(jobs)) {
    await subject.store.insert(newJob({ ...subject, jobId: subject.jobId + suffix }, { createdAt }));
  }
}

/** What a user's jobs are, and what changed of them. */
export const listingCases: readonly JobStoreCase[] = [
  jobStoreCase('listByCreation: newest first, ties by the id’s characters, descending', async (subject) => {
    await insertJobs(subject, { '-a': minute(1), '-B': minute(1), '-_': minute(1), '-old': minute(0), '-new': minute(2) });
    const records = await subject.store.listByCreation({ userId: subject.userId, finishedAfter: 0, limit: 10 });
    assert.deepEqual(idsOf(records, subject), ['-new', '-a', '-_', '-B', '-old']);
    assert.deepEqual(await subject.store.get(records.map(({ snapshot }) => snapshot.jobId)), records);
  }),

  jobStoreCase('listByCreation: page by page, below the last job seen', async (subject) => {
    await insertJobs(subject, { '-1': minute(1), '-2': minute(2), '-3': minute(2), '-4': minute(2), '-5': minute(3) });
    const seen: string[] = [];
    let before: { createdAt: string; jobId: string } | undefined;
    for (;;) {
      const page = await subject.store.listByCreation({ userId: subject.userId, finishedAfter: 0, limit: 2, ...(before && { before }) });
      seen.push(...idsOf(page, subject));
      const last = page.at(-1)?.snapshot;
      if (last === undefined) break;
      before = { createdAt: last.createdAt, jobId: last.jobId };
    }
    assert.deepEqual(seen, ['-5', '-4', '-3', '-2', '-1']);
  }),

  jobStoreCase('listByCreation: unfinished jobs, and finished ones only if they changed lately', async (subject) => {
    await insertJobs(subject, { '-queued': minute(1), '-done': minute(2) });
    const done = { ...subject, jobId: `${subject.jobId}-done` };
    const { epoch } = await begin(done);
    await write(done, stateOf(done.jobId, 'completed', [1, epoch, 2]));
    const [record] = await subject.store.get([done.jobId]);
    const list = (finishedAfter: number) => subject.store.listByCreation({ userId: subject.userId, finishedAfter, limit: 10 });
    assert.deepEqual(idsOf(await list(record!.changedAt), subject), ['-done', '-queued']);
    assert.deepEqual(idsOf(await list(record!.changedAt + 1), subject), ['-queued']);
  }),

  jobStoreCase('lists: nobody else’s jobs', async (subject) => {
    await insertJobs(subject, { '-mine': minute(1) });
    await insertJobs({ ...subject, userId: `${subject.userId}-else` }, { '-theirs': minute(1) });
    const { userId } = subject;
    assert.deepEqual(idsOf(await subject.store.listByCreation({ userId, finishedAfter: 0, limit: 10 }), subject), ['-mine']);
    assert.deepEqual(idsOf(await subject.store.listChanged({ userId, changedSince: 0, limit: 10 }), subject), ['-mine']);
    assert.deepEqual(await subject.store.listByCreation({ userId: `${userId}-nobody`, finishedAfter: 0, limit: 10 }), []);
  }),

  jobStoreCase('listChanged: longest ago first, from the given time on, finished or not', async (subject) => {
    await insertJobs(subject, { '-1': minute(1), '-2': minute(2), '-3': minute(3) });
    const list = (changedSince: number, limit = 10) => subject.store.listChanged({ userId: subject.userId, changedSince, limit });
    // The clock moves on, so that the order of the changes shows.
    const from = await subject.store.now();
    while ((await subject.store.now()) <= from + 2_000) await new Promise((resolve) => setTimeout(resolve, 100));
    const first = { ...subject, jobId: `${subject.jobId}-1` };
    const { epoch } = await begin(first);
    await write(first, stateOf(first.jobId, 'completed', [1, epoch, 2]));
    assert.deepEqual(idsOf(await list(0), subject).at(-1), '-1');
    assert.deepEqual(idsOf(await list(from + 1_000), subject), ['-1']);
    assert.equal((await list(0, 2)).length, 2);
    const [record] = await subject.store.get([first.jobId]);
    assert.deepEqual(await list(record!.changedAt), [record]);
    assert.deepEqual(await list(record!.changedAt + 1), []);
  }),
];
