import { strict as assert } from 'node:assert';
import type { JobRecord } from '../store/job-record.js';
import type { JobStore } from '../store/job-store.js';
import { begin, claim, forgettingCase, inTwo, jobStoreCase, newJob, SAID_AT, shown, stateOf, write, type JobStoreCase, type Subject } from './job-store-case.js';

const JOBS = 20;

const usersOf = ({ userId }: Subject) => ({ alice: `${userId}-alice`, mallory: `${userId}-mallory` });
const jobIdsOf = ({ jobId }: Subject): string[] => Array.from({ length: JOBS }, (_, index) => `${jobId}-${index}`);

/** Both lists of a user. */
async function listsOf(store: JobStore, userId: string): Promise<readonly (readonly JobRecord[])[]> {
  return Promise.all([
    store.listByCreation({ userId, finishedAfter: 0, limit: 1_000 }),
    store.listChanged({ userId, changedSince: 0, limit: 1_000 }),
  ]);
}

/** Every job is in both lists of its owner as it is stored, and in nobody else's. */
async function assertListedByOwner(store: JobStore, jobIds: readonly string[], userIds: readonly string[]): Promise<void> {
  const records = await store.get(jobIds);
  for (const userId of userIds) {
    const own = records.filter((record) => record?.userId === userId).map((record) => record!.snapshot);
    for (const list of await listsOf(store, userId)) {
      assert.deepEqual(list.filter((record) => record.userId !== userId), [], `${userId} is shown somebody else's jobs`);
      assert.deepEqual(list.map(({ snapshot }) => snapshot).sort(byId), own.sort(byId), `${userId} is shown all jobs that are theirs`);
    }
  }
}

const byId = (a: { jobId: string }, b: { jobId: string }): number => (a.jobId < b.jobId ? -1 : 1);

/** Whose jobs are whose, also where an id changes hands. */
export const ownershipCases: readonly JobStoreCase[] = [
  jobStoreCase('race: of two users who take one id at once one owns it, and only their lists show it', async (subject) => {
    const { alice, mallory } = usersOf(subject);
    const jobIds = jobIdsOf(subject);
    const owners = await inTwo(subject, JOBS * 2, async (store, index) => {
      const job = { ...subject, jobId: jobIds[Math.floor(index / 2)]!, userId: index % 2 === 0 ? alice : mallory };
      return (await store.insert(newJob(job)))?.userId;
    });
    jobIds.forEach((_, index) => assert.equal(owners.slice(index * 2, index * 2 + 2).filter((owner) => owner !== undefined).length, 1));
    await assertListedByOwner(subject.store, jobIds, [alice, mallory]);
  }),

  jobStoreCase('race: of two users of whom one inserts and one begins or reports, one owns the job, and only their lists show it', async (subject) => {
    const { alice, mallory } = usersOf(subject);
    const jobIds = jobIdsOf(subject);
    await inTwo(subject, JOBS * 2, async (store, index) => {
      const jobId = jobIds[Math.floor(index / 2)]!;
      if (index % 2 === 0) await store.insert(newJob({ jobId, userId: alice }));
      else if (index % 4 === 1) await store.begin(claim({ jobId, userId: mallory }));
      else await store.write([{ userId: mallory, by: 'outside', snapshot: stateOf(jobId, 'completed', [1, 1, 1]) }]);
    });
    await assertListedByOwner(subject.store, jobIds, [alice, mallory]);
  }),

  jobStoreCase('cancel: with a user only their job; somebody else’s is unknown and goes on', async (subject) => {
    const { epoch } = await begin(subject);
    const before = await shown(subject);
    const options = { silentAfterMs: -60_000, timestamp: SAID_AT };
    assert.deepEqual(await subject.store.cancel(subject.jobId, { ...options, userId: `${subject.userId}-else` }), { outcome: 'unknown' });
    assert.deepEqual(await shown(subject), before);
    assert.deepEqual(await subject.store.heartbeat([{ jobId: subject.jobId, epoch }]), [{ outcome: 'alive', cancelRequested: false }]);
    assert.equal((await subject.store.cancel(subject.jobId, { ...options, userId: subject.userId })).outcome, 'cancelled');
  }),

  forgettingCase('forgotten: a job that another user takes is in that user’s lists only', async (subject) => {
    const { alice, mallory } = usersOf(subject);
    const jobIds = jobIdsOf(subject);
    for (const [index, jobId] of jobIds.entries()) {
      const job = { ...subject, jobId, userId: alice };
      const { epoch } = await begin(job);
      if (index % 2 === 0) await write(job, stateOf(jobId, 'completed', [1, epoch, 2]));
    }
    const taken = jobIds.slice(JOBS / 2);
    await subject.forget(jobIds);
    const elsewhere = await subject.open();
    for (const jobId of taken) assert.equal((await elsewhere.insert(newJob({ jobId, userId: mallory })))?.userId, mallory);
    if (elsewhere !== subject.store) await elsewhere.close();
    assert.deepEqual((await subject.store.get(taken)).map((record) => record?.userId), taken.map(() => mallory));
    await assertListedByOwner(subject.store, taken, [alice, mallory]);
  }),

  forgettingCase('forgotten: what the former owner’s worker says is refused, and what the new owner’s says is shown', async (subject) => {
    const { alice, mallory } = usersOf(subject);
    const former = { ...subject, userId: alice };
    const owner = { ...subject, userId: mallory };
    const { epoch: formerEpoch } = await begin(former);
    await subject.forget([subject.jobId]);
    const { epoch } = await begin(owner);
    assert.deepEqual(await write(former, stateOf(subject.jobId, 'active', [1, formerEpoch, 3])), { outcome: 'foreign-owner' });
    assert.deepEqual(await write(former, stateOf(subject.jobId, 'completed', [1, formerEpoch, 4])), { outcome: 'foreign-owner' });
    assert.deepEqual(await subject.store.begin(claim(former)), { outcome: 'foreign-owner' });
    assert.equal((await write(owner, stateOf(subject.jobId, 'active', [1, epoch, 2], { progress: 10 }))).outcome, 'stored');
    const { userId, snapshot } = await shown(owner);
    assert.deepEqual([userId, snapshot.progress], [mallory, 10]);
    await assertListedByOwner(subject.store, [subject.jobId], [alice, mallory]);
  }),

  forgettingCase('race: while ids change hands no list shows anybody somebody else’s job', async (subject) => {
    const { alice, mallory } = usersOf(subject);
    const jobIds = jobIdsOf(subject).slice(0, 5);
    const other = await subject.open();
    const change = async (round: number): Promise<void> => {
      await subject.forget(jobIds);
      await inTwo(subject, jobIds.length * 2, (store, index) =>
        store.insert(newJob({ jobId: jobIds[Math.floor(index / 2)]!, userId: (index + round) % 2 === 0 ? alice : mallory })));
    };
    const read = async (userId: string): Promise<void> => {
      for (const list of await listsOf(other, userId)) assert.deepEqual(list.filter((record) => record.userId !== userId), []);
    };
    for (let round = 0; round < 10; round++) {
      await Promise.all([change(round), ...[alice, mallory, alice, mallory].map(async (userId) => {
        await read(userId);
        await read(userId);
      })]);
    }
    await assertListedByOwner(subject.store, jobIds, [alice, mallory]);
    if (other !== subject.store) await other.close();
  }),
];
