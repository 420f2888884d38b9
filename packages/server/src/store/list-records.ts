import { isFinal } from '@notes/job-events-protocol';
import { touchedAt } from './job-state.js';
import type { ChangeQuery, CreationQuery, JobRecord, UnfinishedJob, UnfinishedQuery } from './job-store.js';

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
    .sort((a, b) => a.changedAt - b.changedAt || compareText(a.snapshot.jobId, b.snapshot.jobId))
    .slice(0, limit);
}

/** What was touched so far in the future was touched before the store's clock was set back. Clocks that are carried on are ahead by less. */
export const SET_BACK_MS = 10_000;

/** Answers {@link JobStore.listUnfinished} from the records of unfinished jobs, in whichever order they are. `now`: the store's clock. */
export function pickUnfinished(records: readonly JobRecord[], { untouchedForMs, limit, held = false, queue, after }: UnfinishedQuery, now: number): UnfinishedJob[] {
  const isUntouched = ({ touchedAt: at }: UnfinishedJob): boolean => untouchedForMs <= 0 || at <= now - untouchedForMs || at > now + SET_BACK_MS;
  return records
    .filter(({ snapshot, queueJob, run }) => !isFinal(snapshot.status) && (!held || run !== undefined) && (queue === undefined || queueJob?.queue === queue))
    .map((record) => ({ ...record, touchedAt: touchedAt(record) }))
    .filter((job) => isUntouched(job) && (after === undefined || compareTouched(job, { ...after, snapshot: after }) > 0))
    .sort(compareTouched)
    .slice(0, limit);
}

interface Touched {
  readonly touchedAt: number;
  readonly snapshot: { readonly jobId: string };
}

const compareTouched = (a: Touched, b: Touched): number => a.touchedAt - b.touchedAt || compareText(a.snapshot.jobId, b.snapshot.jobId);

interface Created {
  readonly createdAt: string;
  readonly jobId: string;
}

const compareCreation = (a: Created, b: Created): number => compareText(a.createdAt, b.createdAt) || compareText(a.jobId, b.jobId);

/** By code units, as databases do under the collation "C"; not by anybody's language. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
