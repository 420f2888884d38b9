import { strict as assert } from 'node:assert';
import { compareVersions, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { assertOutcome, begin, claim, inTwo, jobStoreCase, newJob, shown, stateOf, write, type JobStoreCase } from './job-store-case.js';

const WRITES = 1_000;
const LANES = 20;

/** Every index below `count` once, in an order that looks like none. */
const shuffled = (count: number): number[] => Array.from({ length: count }, (_, index) => (index * 617 + 331) % count);

/** Whatever races with whatever. */
export const raceCases: readonly JobStoreCase[] = [
  jobStoreCase('two stores: what one has written since the other looked is not overwritten', async (subject) => {
    const { epoch } = await begin(subject);
    const other = await subject.open();
    const elsewhere = { ...subject, store: other };
    await assertOutcome(elsewhere, await write(elsewhere, stateOf(subject.jobId, 'active', [1, epoch, 5], { stage: 'FIFTH' })), 'stored');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 4], { stage: 'FOURTH' })), 'outdated');
    await other.cancel(subject.jobId, { silentAfterMs: 60_000, timestamp: newJob(subject).createdAt });
    assert.deepEqual(await subject.store.heartbeat([{ jobId: subject.jobId, epoch }]), [{ outcome: 'alive', cancelRequested: true }]);
    await assertOutcome(elsewhere, await write(elsewhere, stateOf(subject.jobId, 'failed', [1, epoch + 1, 1]), 'outside'), 'stored');
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'completed', [1, epoch, 6])), 'outdated');
    assert.equal((await begin(elsewhere)).attempt, 2);
    await assertOutcome(subject, await write(subject, stateOf(subject.jobId, 'active', [1, epoch, 7])), 'stale-run');
    if (other !== subject.store) await other.close();
  }),

  jobStoreCase(`race: of ${WRITES} writes at once the greatest stands`, async (subject) => {
    const { epoch } = await begin(subject);
    const order = shuffled(WRITES);
    // In lanes side by side: a store may combine what it is asked for at once.
    await inTwo(subject, LANES, async (store, lane) => {
      for (const place of order.filter((_, index) => index % LANES === lane)) {
        const { outcome } = await write({ ...subject, store }, stateOf(subject.jobId, 'active', [1, epoch, place + 2], { progress: place / 10, stage: `S${place}` }));
        assert(outcome === 'stored' || outcome === 'outdated', outcome);
      }
    });
    const { snapshot } = await shown(subject);
    assert.deepEqual(snapshot.version, [1, 0, epoch, WRITES + 1, epoch]);
    assert.equal(snapshot.stage, `S${WRITES - 1}`);
    assert.equal(snapshot.progress, (WRITES - 1) / 10);
  }),

  jobStoreCase('race: of many ends at once exactly one is stored, and all are told of it', async (subject) => {
    const { epoch } = await begin(subject);
    const statuses = ['completed', 'failed', 'cancelled'] as const;
    const results = await inTwo(subject, 60, (store, index) =>
      write({ ...subject, store }, stateOf(subject.jobId, statuses[index % 3]!, [1, epoch + 1 + index, 1]), 'outside'));
    assert.equal(results.filter(({ outcome }) => outcome === 'stored').length, 1);
    const { snapshot } = await shown(subject);
    for (const result of results) assert.deepEqual('record' in result && result.record.snapshot, snapshot);
  }),

  jobStoreCase('race: runs that begin at once get different attempts and epochs, and one holds the job', async (subject) => {
    const runs = await inTwo(subject, 20, (store) => begin({ ...subject, store }));
    assert.deepEqual(runs.map(({ attempt }) => attempt).sort((a, b) => a - b), runs.map((_, index) => index + 1));
    assert.equal(new Set(runs.map(({ epoch }) => epoch)).size, runs.length);
    const last = runs.find(({ attempt }) => attempt === runs.length)!;
    assert.equal(Math.max(...runs.map(({ epoch }) => epoch)), last.epoch);
    assert.equal((await shown(subject)).run?.epoch, last.epoch);
  }),

  jobStoreCase('race: epochs taken at once are all different', async (subject) => {
    const taken = await inTwo(subject, 40, (store) => store.takeEpoch(subject.jobId));
    assert.equal(new Set(taken.map(({ epoch }) => epoch)).size, taken.length);
  }),

  jobStoreCase('race: an API that inserts and a worker that begins, whoever is first, end at attempt 1', async (subject) => {
    const jobs = Array.from({ length: 20 }, (_, index) => ({ ...subject, jobId: `${subject.jobId}-${index}` }));
    await inTwo(subject, jobs.length * 2, async (store, index) => {
      const job = jobs[Math.floor(index / 2)]!;
      await (index % 2 === 0 ? store.insert(newJob(job)) : store.begin(claim(job)));
    });
    for (const record of await subject.store.get(jobs.map(({ jobId }) => jobId))) {
      assert.equal(record?.snapshot.status, 'active');
      assert.equal(record?.snapshot.version[0], 1);
    }
  }),

  jobStoreCase('race: batches of the same jobs, each in another order, all get through', async (subject) => {
    const jobIds = Array.from({ length: 30 }, (_, index) => `${subject.jobId}-${index}`);
    const writesOf = (epoch: number) => jobIds
      .map((_, index) => jobIds[(index * 7 + epoch * 11) % jobIds.length]!)
      .map((jobId) => ({ userId: subject.userId, by: 'outside' as const, snapshot: stateOf(jobId, 'active', [1, epoch, 1], { progress: epoch }) }));
    await inTwo(subject, 40, (store, index) => store.write(writesOf(index + 1)));
    for (const record of await subject.store.get(jobIds)) assert.deepEqual([record?.snapshot.version.slice(0, 4), record?.snapshot.progress], [[1, 0, 40, 1], 40]);
  }),

  jobStoreCase('race: cancelling against completing ends the job once', async (subject) => {
    for (let round = 0; round < 10; round++) {
      const job = { ...subject, jobId: `${subject.jobId}-${round}` };
      const { epoch } = await begin(job);
      const [end, cancel] = await inTwo<{ outcome: string; record?: { snapshot: AnyJobSnapshot } }>(job, 2, (store, index) =>
        index === 0
          ? write({ ...job, store }, stateOf(job.jobId, 'completed', [1, epoch, 2]))
          : store.cancel(job.jobId, { silentAfterMs: -60_000, timestamp: newJob(job).createdAt }));
      const { snapshot } = await shown(job);
      assert.deepEqual([end!.outcome, cancel!.outcome], snapshot.status === 'completed' ? ['stored', 'ended'] : ['outdated', 'cancelled']);
      assert.equal(compareVersions(end!.record!.snapshot.version, snapshot.version), 0);
    }
  }),
];
