import { applySnapshot, isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { createAlarm, type Timing } from '../timing.js';
import { MOST_FINISHED } from '../limits.js';

interface Entry {
  readonly job: AnyJobSnapshot;
  /** It had ended before it was first heard of. */
  readonly initial: boolean;
  /** The job as it was when it was dismissed. */
  readonly dismissed: AnyJobSnapshot | undefined;
  /** The server does not know it any more. */
  readonly unknown: boolean;
  /** When it changed here, on the monotonic clock. */
  readonly changedAt: number;
}

/** The jobs as this client knows them, at most one state each, and never an older one than before. */
export interface JobTable {
  /** Takes a state over if it is newer, and then returns what is shown now. `live`: it is happening now. */
  apply(snapshot: AnyJobSnapshot, live: boolean): AnyJobSnapshot | undefined;
  /** A job that is shown. */
  get(jobId: string): AnyJobSnapshot | undefined;
  /** A job whether it is shown or was dismissed. */
  find(jobId: string): AnyJobSnapshot | undefined;
  /** What is shown, newest `createdAt` first; the same array as long as nothing changes. */
  list(): readonly AnyJobSnapshot[];
  unfinished(): readonly AnyJobSnapshot[];
  readonly hasUnfinished: boolean;
  /** Says whether the job had already ended when this client first heard of it. */
  endedBefore(job: AnyJobSnapshot): boolean;
  /** Hides a job until a later attempt of it. */
  dismiss(jobId: string): void;
  /** Hides a job until a newer state of it. */
  forget(jobId: string): void;
  /** Drops unfinished jobs that nobody follows any more, and what does not belong into the list. */
  keep(isFollowed: (jobId: string) => boolean): void;
  /** What belongs into the list has changed. */
  refresh(): void;
  clear(): void;
}

export interface JobTableOptions {
  readonly timing: Timing;
  /** For how long a finished job stays. */
  readonly finishedMs: number;
  /** Says whether a job belongs into the list. */
  readonly isListed: (jobId: string) => boolean;
  /** Called after each change. */
  readonly onChange: () => void;
}

export function createJobTable({ timing, finishedMs, isListed, onChange }: JobTableOptions): JobTable {
  const entries = new Map<string, Entry>();
  const alarm = createAlarm(timing, false);
  let shown: readonly AnyJobSnapshot[] | undefined;

  const isOver = ({ job, unknown }: Entry) => unknown || isFinal(job.status);
  // An attempt that was dismissed stays hidden to its end; what had ended shows again whatever becomes of it.
  const isShown = ({ job, dismissed, unknown }: Entry) =>
    !unknown && dismissed !== job && (dismissed?.version[0] !== job.version[0] || isFinal(dismissed.status));
  const jobsThat = (test: (entry: Entry) => boolean) => [...entries.values()].filter(test).map(({ job }) => job);

  function changed(): void {
    shown = undefined;
    onChange();
  }

  /** Lets jobs that are over go: those whose time has come, and the oldest where there are too many. */
  function sweep(): void {
    const latest = timing.monotonic() - finishedMs;
    const over = [...entries.values()].filter(isOver);
    const leaving = over.filter(({ changedAt }, i) => changedAt <= latest || i < over.length - MOST_FINISHED);
    for (const { job } of leaving) entries.delete(job.jobId);
    const next = over[leaving.length];
    if (next) alarm(next.changedAt - latest, sweep);
    if (leaving[0]) changed();
  }

  /** Puts an entry last, so that those that are over stand in the order in which they ended. */
  function put(entry: Entry): void {
    const { jobId } = entry.job;
    entries.delete(jobId);
    entries.set(jobId, { ...entry, changedAt: timing.monotonic() });
    changed();
    sweep();
  }

  return {
    apply(snapshot, live) {
      const entry = entries.get(snapshot.jobId);
      const job = applySnapshot(entry?.job, snapshot);
      if (entry?.job === job) return undefined;
      const initial = !entry && !live && isFinal(job.status);
      freeze(job);
      put({ dismissed: undefined, changedAt: 0, ...entry, job, initial, unknown: false });
      return job;
    },
    get(jobId) {
      const entry = entries.get(jobId);
      return entry && isShown(entry) ? entry.job : undefined;
    },
    find(jobId) {
      const entry = entries.get(jobId);
      return entry?.unknown ? undefined : entry?.job;
    },
    list: () =>
      (shown ??= jobsThat((entry) => isShown(entry) && isListed(entry.job.jobId)).sort((a, b) => (a.createdAt + a.jobId < b.createdAt + b.jobId ? 1 : -1))),
    get hasUnfinished() {
      for (const entry of entries.values()) if (!isOver(entry)) return true;
      return false;
    },
    unfinished: () => jobsThat((entry) => !isOver(entry)),
    endedBefore: ({ jobId }) => !!entries.get(jobId)?.initial,
    dismiss(jobId) {
      const entry = entries.get(jobId);
      if (entry) put({ ...entry, dismissed: entry.job });
    },
    forget(jobId) {
      const entry = entries.get(jobId);
      if (entry) put({ ...entry, unknown: true });
    },
    keep(isFollowed) {
      const { size } = entries;
      for (const [jobId, entry] of entries) if (!(isOver(entry) && isListed(jobId)) && !isFollowed(jobId)) entries.delete(jobId);
      if (entries.size < size) changed();
    },
    refresh: changed,
    clear() {
      alarm();
      entries.clear();
      changed();
    },
  };
}

function freeze(value: unknown): void {
  if (Object(value) !== value) return;
  Object.values(value as object).forEach(freeze);
  Object.freeze(value);
}
