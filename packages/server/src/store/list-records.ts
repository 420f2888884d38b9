import { isFinal } from '@notes/job-events-protocol';
import { touchedAt } from './job-state.js';
import type { JobRecord, UnfinishedJob } from './job-record.js';
import type { ChangeQuery, CreationQuery, UnfinishedQuery } from './job-store.js';
import { compareChange, compareCreation, compareTouched } from './record-order.js';

/** Answers {@link JobStore.listByCreation} from a user's records, in whichever order they are. */
export function pickByCreation(records: readonly JobRecord[], { finishedAfter, before, limit }: CreationQuery): JobRecord[] {
  return records
    .filter(({ snapshot, changedAt }) => !isFinal(snapshot.status) || changedAt >= finishedAfter)
    .filter(({ snapshot }) => before === undefined || compareCreation(snapshot, before) < 0)
    .sort((a, b) => compareCreation(b.snapshot, a.snapshot))
    .slice(0, limit);
}

/** Answers {@link JobStore.listChanged} from a user's records, in whichever order they are. */
export function pickChanged(records: readonly JobRecord[], { changedSince, limit }: ChangeQuery): JobRecord[] {
  return records
    .filter(({ changedAt }) => changedAt >= changedSince)
    .sort(compareChange)
    .slice(0, limit);
}

/** What was touched so far in the future was touched before the store's clock was set back. Clocks that are carried on are ahead by less. */
export const SET_BACK_MS = 10_000;

/** Answers {@link JobStore.listUnfinished} from the records of unfinished jobs, in whichever order they are. `now`: the store's clock. */
export function pickUnfinished(records: Iterable<JobRecord>, { untouchedForMs, limit, held = false, queue, after }: UnfinishedQuery, now: number): UnfinishedJob[] {
  const isUntouched = (at: number): boolean => untouchedForMs <= 0 || at <= now - untouchedForMs || at > now + SET_BACK_MS;
  const found: UnfinishedJob[] = [];
  for (const record of records) {
    const { snapshot, queueJob, run } = record;
    if (isFinal(snapshot.status) || (held && run === undefined) || (queue !== undefined && queueJob?.queue !== queue)) continue;
    const at = touchedAt(record);
    if (isUntouched(at) && (after === undefined || compareTouched({ touchedAt: at, snapshot }, { ...after, snapshot: after }) > 0)) found.push({ ...record, touchedAt: at });
  }
  return found.sort(compareTouched).slice(0, limit);
}
