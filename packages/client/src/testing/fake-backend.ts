import {
  applySnapshot,
  compareVersions,
  isFinal,
  LIMITS,
  type AnyJobSnapshot,
  type JobError,
  type JobMetadata,
  type JobStatus,
  type WireError,
} from '@notes/job-events-protocol';

export interface FakeJob {
  readonly jobId: string;
  /** Default: the user who is signed in. */
  readonly userId?: string;
  readonly type?: string;
  /** Begins this attempt. Without it: the current one, or the next one after `retrying`. */
  readonly attempt?: number;
  readonly message?: string;
  readonly metadata?: JobMetadata;
}

export interface StoredJob {
  readonly userId: string;
  readonly snapshot: AnyJobSnapshot;
  /** Grows with every change of any job; a cursor is one of these numbers. */
  readonly change: number;
  readonly changedAt: number;
}

export interface StateChange extends FakeJob {
  readonly status: JobStatus;
  readonly stage?: string;
  readonly progress?: number;
  readonly result?: unknown;
  readonly error?: JobError;
}

export const NOT_FOUND: WireError = { code: 'NOT_FOUND', message: 'There is no such job.' };

/** What a server with a worker behind it knows: the jobs, in the order the specification gives their states. */
export interface FakeBackend {
  /** The worker says something; gives what stands now, or `undefined` where the job had ended and nothing changed. */
  report(change: StateChange, userId: string): StoredJob | undefined;
  /** A job of this user's, or one that anybody may watch. */
  find(jobId: string, userId: string): AnyJobSnapshot | undefined;
  /** A user's jobs that changed after the cursor, and how to go on. */
  list(userId: string, cursor?: string): { snapshots: AnyJobSnapshot[]; cursor: string; more: boolean };
  /** The ids of those that are not this user's. */
  foreignAmong(snapshots: readonly AnyJobSnapshot[], userId: string): string[];
  readonly jobs: ReadonlyMap<string, StoredJob>;
  forget(jobId: string): void;
}

/** Finished jobs stay in lists for this long. */
const RETENTION_MS = 600_000;

const RANKS: Readonly<Record<JobStatus, 0 | 1 | 2>> = { queued: 0, active: 0, retrying: 1, completed: 2, failed: 2, cancelled: 2 };

export function createFakeBackend(now: () => number, isPublic: (jobId: string) => boolean = () => false): FakeBackend {
  const jobs = new Map<string, StoredJob>();
  let changes = 0;

  const isRetained = ({ snapshot, changedAt }: StoredJob) =>
    !isFinal(snapshot.status) || changedAt + RETENTION_MS > now();

  return {
    jobs,
    report({ jobId, type, attempt, message, metadata, status, stage, progress, result, error, ...change }, signedIn) {
      const stored = jobs.get(jobId);
      const before = stored?.snapshot;
      const [lastAttempt, , , lastSeq, term = now()] = before?.version ?? [1, 0, 1, 0];
      const begun = attempt ?? (before?.status === 'retrying' ? lastAttempt + 1 : lastAttempt);
      if (before && isFinal(before.status) && begun <= lastAttempt) return undefined;
      const timestamp = new Date(now()).toISOString();
      const kept = { type: type ?? before?.type, metadata: metadata ?? before?.metadata };
      const said: AnyJobSnapshot = {
        jobId,
        status,
        stage: stage ?? before?.stage ?? 'QUEUED',
        progress: progress ?? (begun > lastAttempt ? 0 : (before?.progress ?? 0)),
        version: [begun, RANKS[status], 1, lastSeq + 1, term],
        createdAt: before?.createdAt ?? timestamp,
        timestamp,
        ...(kept.type !== undefined && { type: kept.type }),
        ...(kept.metadata !== undefined && { metadata: kept.metadata }),
        ...(message !== undefined && { message }),
        ...(status === 'completed' && { result }),
        ...(error !== undefined && { error }),
      };
      const snapshot = applySnapshot(before, said);
      if (snapshot === before) return undefined;
      const next = { userId: stored?.userId ?? change.userId ?? signedIn, snapshot, change: ++changes, changedAt: now() };
      jobs.set(jobId, next);
      return next;
    },
    find(jobId, userId) {
      const stored = jobs.get(jobId);
      return stored && (stored.userId === userId || isPublic(jobId)) ? stored.snapshot : undefined;
    },
    foreignAmong: (snapshots, userId) => snapshots.flatMap(({ jobId }) => (jobs.get(jobId)?.userId === userId ? [] : jobId)),
    list(userId, cursor = '0') {
      const changed = [...jobs.values()]
        .filter((job) => job.userId === userId && job.change > Number(cursor) && isRetained(job))
        .sort((a, b) => a.change - b.change);
      const part = changed.slice(0, LIMITS.listSnapshots);
      return {
        snapshots: part.map(({ snapshot }) => snapshot),
        cursor: String(part.at(-1)?.change ?? cursor),
        more: changed.length > part.length,
      };
    },
    forget: (jobId) => void jobs.delete(jobId),
  };
}

/** Says whether `snapshot` is newer than what the client said it knows. */
export const isNews = (snapshot: AnyJobSnapshot, known: AnyJobSnapshot['version']): boolean =>
  compareVersions(snapshot.version, known) > 0;

