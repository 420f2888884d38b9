import { strict as assert } from 'node:assert';
import { assertOutcome, begin, jobStoreCase, newJob, shown, stateOf, write, type JobStoreCase, type Subject } from './job-store-case.js';
import { compareVersions, termOf, withTerm, type AnyJobSnapshot } from '@notes/job-events-protocol';

/** What a reporter says that knows of a later term of the job than the store does. */
const ofTerm = (snapshot: AnyJobSnapshot, term: number): AnyJobSnapshot => ({ ...snapshot, version: withTerm(snapshot.version, term) });

const versionOf = async (subject: Subject): Promise<AnyJobSnapshot['version']> => (await shown(subject)).snapshot.version;

/** What makes a job that begins anew newer than everything that was seen of it, whatever its store has lost. */
export const termCases: readonly JobStoreCase[] = [
  jobStoreCase('term: whatever becomes current is newer than what was, by term where not by the rest', async (subject) => {
    const { jobId } = subject;
    const seen = [(await subject.store.insert(newJob(subject)))!.snapshot.version];
    const first = await begin(subject);
    seen.push(await versionOf(subject));
    await write(subject, stateOf(jobId, 'retrying', [1, first.epoch, 2]));
    seen.push(await versionOf(subject));
    const outside = await subject.store.takeEpoch(jobId);
    await write(subject, stateOf(jobId, 'active', [2, outside.epoch, 1]), 'outside');
    seen.push(await versionOf(subject));
    const second = await begin(subject);
    seen.push(await versionOf(subject));
    await subject.store.cancel(jobId, { silentAfterMs: -1, timestamp: new Date(0).toISOString() });
    seen.push(await versionOf(subject));
    for (const [index, version] of seen.entries()) assert(index === 0 || compareVersions(version, seen[index - 1]!) > 0, `${seen[index - 1]} before ${version}`);
    assert(termOf(seen[3]!) >= outside.epoch);
    assert.equal(termOf(seen[4]!), second.epoch);
  }),

  jobStoreCase('term: a run that its store forgot is believed in the term of what was inserted meanwhile', async (subject) => {
    const { version } = (await subject.store.insert(newJob(subject)))!.snapshot;
    const result = await write(subject, ofTerm(stateOf(subject.jobId, 'active', [1, 500, 7]), 500));
    await assertOutcome(subject, result, 'stored');
    assert.deepEqual(await versionOf(subject), [1, 0, 500, 7, termOf(version)]);
    assert.equal((await shown(subject)).run?.epoch, 500);
  }),

  jobStoreCase('term: a run that began later than an end that the store went back to is believed', async (subject) => {
    const { epoch } = await begin(subject, { attempt: 3 });
    await write(subject, stateOf(subject.jobId, 'failed', [3, epoch, 2]));
    const later = epoch + 10_000;
    assert.deepEqual(await subject.store.heartbeat([{ jobId: subject.jobId, epoch: later }]), [{ outcome: 'unknown' }]);
    await assertOutcome(subject, await write(subject, ofTerm(stateOf(subject.jobId, 'active', [1, later, 4]), later)), 'stored');
    assert.deepEqual(await versionOf(subject), [1, 0, later, 4, later]);
  }),
];
