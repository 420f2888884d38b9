import { applySnapshot, compareVersions, isFinal, isNewer } from '@notes/job-events-protocol';
import type { JobRecord } from './job-store.js';
import { standingRecord, stateWith, type Decision, type JobState } from './job-state.js';

/**
 * Decides what a cache takes over of a record that stands in a durable store: what is newer than its own, or says the
 * same; of what is older only the request to cancel. Pure.
 */
export function decideMirror(state: JobState, record: JobRecord): Decision<void> {
  const standing = standingRecord(state)?.snapshot;
  const fence = withRun(state, record);
  const isSame = standing !== undefined && compareVersions(record.snapshot.version, standing.version) === 0;
  if (standing === undefined || isSame || isNewer(record.snapshot, standing)) {
    const snapshot = isSame ? record.snapshot : applySnapshot(standing, record.snapshot);
    return { result: undefined, next: stateWith({ ...record, snapshot }, fence) };
  }
  const { record: cached } = state;
  const asksToCancel = record.snapshot.cancelRequested && record.snapshot.version[0] === standing.version[0];
  if (cached === undefined || !asksToCancel || isFinal(standing.status)) return { result: undefined };
  return { result: undefined, next: stateWith({ ...cached, snapshot: { ...cached.snapshot, cancelRequested: true } }, fence) };
}

function withRun({ fence }: JobState, { run }: JobRecord): { epoch: number; run?: number } {
  const latest = Math.max(fence?.run ?? 0, run?.epoch ?? 0);
  return { epoch: fence?.epoch ?? 0, ...(latest > 0 && { run: latest }) };
}
