import { applySnapshot, isFinal, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { createAlarm, type Timing } from '../timing.js';
import { MOST_FINISHED } from '../limits.js';
import { createJobList } from './job-list.js';

interface Entry {
  readonly job: AnyJobSnapshot;
  /** It had ended before it was first heard of. */
  readonly initial: boolean;
  /** The job as it was when it was dismissed. */
  readonly dismissed?: AnyJobSnapshot | undefined;
  /** The server does not know it any more. */
  readonly unknown?: boolean;
}

/**
 * The jobs as this client knows them, at most one state each, and never an older one than before. What one change costs
 * does not grow with the number of jobs, but for a copy of the list where it is read.
 */
export interface JobTable {
  /**
   * Takes a state over if it is newer, and then returns what is shown now. `live`: it is happening now. Listeners hear of
   * it with the next {@link notify}.
   */
  apply(snapshot: AnyJobSnapshot, live: boolean): AnyJobSnapshot | undefined;
  /** A job that is shown. */
  get(jobId: string): AnyJobSnapshot | undefined;
  /** A job whether it is shown or was dismissed. */
  find(jobId: string): AnyJobSnapshot | undefined;
  /** The user's jobs that are shown, newest `createdAt` first; the same array as long as nothing changes. */
  list(): readonly AnyJobSnapshot[];
  unfinished(): readonly AnyJobSnapshot[];
  readonly hasUnfinished: boolean;
  /** Says whether the job had already ended when this client first heard of it. */
  endedBefore(jobId: string): boolean;
  /** Says whether the job is somebody else's that is watched by its id: it is not in the list. */
  isForeign(jobId: string): boolean;
  /** Returns whether the job was somebody else's, and is not any more. */
  setForeign(jobId: string, isForeign: boolean): boolean;
  /** Hides a job until a later attempt of it. */
  dismiss(jobId: string): void;
  /** Hides a job until a newer state of it. */
  forget(jobId: string): void;
  /** Drops unfinished jobs that nobody follows any more, and those of somebody else's. */
  keep(isFollowed: (jobId: string) => boolean): void;
  /** Calls the listener once for everything that changed since the last time. */
  notify(): void;
  clear(): void;
}

export interface JobTableOptions {
  readonly timing: Timing;
  /** For how long a finished job stays. */
  readonly finishedMs: number;
  /** Called after changes of these jobs; without any, after all have gone. */
  readonly onChange: (jobIds: ReadonlySet<string> | undefined) => void;
}

export function createJobTable({ timing, finishedMs, onChange }: JobTableOptions): JobTable {
  const entries = new Map<string, Entry>();
  /** When those that are over changed here, on the monotonic clock, in that order. */
  const over = new Map<string, number>();
  /** Jobs of somebody else's, as the server says. */
  const foreign = new Set<string>();
  const alarm = createAlarm(timing, false);
  let changed = new Set<string>();

  function get(jobId: string): AnyJobSnapshot | undefined {
    const job = find(jobId);
    const dismissed = entries.get(jobId)?.dismissed;
    // An attempt that was dismissed stays hidden to its end; what had ended shows again whatever becomes of it.
    const isHidden = dismissed && (dismissed === job || (dismissed.version[0] === job?.version[0] && !isFinal(dismissed.status)));
    return isHidden ? undefined : job;
  }

  function find(jobId: string): AnyJobSnapshot | undefined {
    const entry = entries.get(jobId);
    return entry?.unknown ? undefined : entry?.job;
  }

  const outdated = new Set<string>();
  const list = createJobList(outdated, (jobId) => (foreign.has(jobId) ? undefined : get(jobId)));

  function change(jobId: string): void {
    changed.add(jobId);
    outdated.add(jobId);
  }

  function drop(jobId: string): void {
    entries.delete(jobId);
    over.delete(jobId);
    change(jobId);
  }

  function put(entry: Entry): void {
    const { jobId, status } = entry.job;
    entries.set(jobId, entry);
    change(jobId);
    over.delete(jobId);
    if (entry.unknown || isFinal(status)) over.set(jobId, timing.monotonic());
  }

  function tell(): void {
    const jobIds = changed;
    changed = new Set();
    if (jobIds.size > 0) onChange(jobIds);
  }

  /** Tells, and then lets jobs that are over go: those whose time has come, and the oldest where there are too many. */
  function notify(): void {
    tell();
    const latest = timing.monotonic() - finishedMs;
    for (const [jobId, changedAt] of over) {
      if (changedAt > latest && over.size <= MOST_FINISHED) {
        // A fraction of a millisecond may be too little for the clock to go on at all.
        alarm(Math.ceil(changedAt - latest), notify, true);
        break;
      }
      drop(jobId);
    }
    tell();
  }

  function replace(jobId: string, valuesOf: (entry: Entry) => Partial<Entry>): void {
    const entry = entries.get(jobId);
    if (entry) put({ ...entry, ...valuesOf(entry) });
    notify();
  }

  return {
    apply(snapshot, live) {
      const entry = entries.get(snapshot.jobId);
      const job = applySnapshot(entry?.job, snapshot);
      if (entry?.job === job) return undefined;
      freeze(job);
      put({ dismissed: entry?.dismissed, job, initial: !entry && !live && isFinal(job.status) });
      return job;
    },
    get,
    find,
    list,
    get hasUnfinished() {
      return entries.size > over.size;
    },
    unfinished: () => [...entries.values()].flatMap(({ job }) => (over.has(job.jobId) ? [] : job)),
    endedBefore: (jobId) => !!entries.get(jobId)?.initial,
    isForeign: (jobId) => foreign.has(jobId),
    setForeign(jobId, isForeign) {
      if (isForeign === foreign.has(jobId)) return false;
      if (isForeign) foreign.add(jobId);
      else foreign.delete(jobId);
      change(jobId);
      return !isForeign;
    },
    dismiss: (jobId) => replace(jobId, ({ job }) => ({ dismissed: job })),
    forget: (jobId) => replace(jobId, () => ({ unknown: true })),
    keep(isFollowed) {
      for (const jobId of [...entries.keys(), ...foreign])
        if (!isFollowed(jobId) && (foreign.delete(jobId) || !over.has(jobId)) && entries.has(jobId)) drop(jobId);
      notify();
    },
    notify,
    clear() {
      alarm();
      for (const jobId of entries.keys()) drop(jobId);
      foreign.clear();
      changed.clear();
      onChange(undefined);
    },
  };
}

function freeze(value: object): void {
  for (const part of Object.values(value)) if (typeof part === 'object' && part) freeze(part);
  Object.freeze(value);
}
