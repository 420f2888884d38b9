import { applySnapshot, compareVersions, isFinal, isNewer, termOf } from '@notes/job-events-protocol';
import type { JobRecord } from './job-record.js';
import { isForeign, standingRecord, stateWith, type Decision, type JobState } from './job-state.js';

/**
 * Decides what a cache takes over of a record that is current in a durable store: what is newer than its own, or says the
 * same; of what is older only the request to cancel. Whose job it is, the durable store says. Pure.
 */
export function decideMirror(state: JobState, record: JobRecord): Decision<void> {
  const current = standingRecord(state)?.snapshot;
  if (isForeign(state, record.userId)) return { result: undefined, next: stateWith(record, withRun({}, record)) };
  const fence = withRun(state, record);
  const isSame = current !== undefined && compareVersions(record.snapshot.version, current.version) === 0;
  if (current === undefined || isSame || isNewer(record.snapshot, current)) {
    const snapshot = isSame ? record.snapshot : applySnapshot(current, record.snapshot);
    return { result: undefined, next: stateWith({ ...record, snapshot }, fence) };
  }
  const { record: cached } = state;
  const isSameAttempt = record.snapshot.version[0] === current.version[0] && termOf(record.snapshot.version) === termOf(current.version);
  if (cached === undefined || !record.snapshot.cancelRequested || !isSameAttempt || isFinal(current.status)) return { result: undefined };
  return { result: undefined, next: stateWith({ ...cached, snapshot: { ...cached.snapshot, cancelRequested: true } }, fence) };
}

function withRun({ fence }: JobState, { run }: JobRecord): { epoch: number; run?: number } {
  const latest = Math.max(fence?.run ?? 0, run?.epoch ?? 0);
  return { epoch: fence?.epoch ?? 0, ...(latest > 0 && { run: latest }) };
}
