export interface Created {
  readonly createdAt: string;
  readonly jobId: string;
}

export interface Changed {
  readonly changedAt: number;
  readonly snapshot: { readonly jobId: string };
}

export interface Touched {
  readonly touchedAt: number;
  readonly snapshot: { readonly jobId: string };
}

/** The order of {@link JobStore.listByCreation}, oldest first. */
export const compareCreation = (a: Created, b: Created): number => compareText(a.createdAt, b.createdAt) || compareText(a.jobId, b.jobId);

/** The order of {@link JobStore.listChanged}. */
export const compareChange = (a: Changed, b: Changed): number => a.changedAt - b.changedAt || compareText(a.snapshot.jobId, b.snapshot.jobId);

/** The order of {@link JobStore.listUnfinished}. */
export const compareTouched = (a: Touched, b: Touched): number => a.touchedAt - b.touchedAt || compareText(a.snapshot.jobId, b.snapshot.jobId);

/** By code units, as databases do under the collation "C"; not by anybody's language. */
const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
