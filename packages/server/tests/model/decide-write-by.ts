import { termOf, withTerm } from '@notes/job-events-protocol';
import { decideWrite } from '../../src/store/decide-write.js';
import { standingRecord, type Decision, type JobState } from '../../src/store/job-state.js';
import type { JobRecord } from '../../src/store/job-record.js';
import type { StateWrite, WriteResult } from '../../src/store/job-store.js';
import type { Rules } from './rules.js';

/** What the library decides; without rule 15 the term is set by versions alone. */
export function decideWriteBy(rules: Rules, state: JobState, write: StateWrite, now: number): Decision<WriteResult> {
  const decision = decideWrite(state, write, now);
  const { result, next } = decision;
  if (rules(15) || next?.record === undefined || result.outcome !== 'stored') return decision;
  const { version } = write.snapshot;
  const term = Math.max(termOf(version), version[2], termOf(standingRecord(state)?.snapshot.version ?? [1, 0, 0, 1]));
  const record: JobRecord = { ...next.record, snapshot: { ...next.record.snapshot, version: withTerm(next.record.snapshot.version, term) } };
  return { result: { ...result, record }, next: { ...next, record } };
}
