const MOST_TRACKED = 200;
const MOST_ENDS = 500;

/** The part of `sessionStorage` that is used. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/**
 * What a tab remembers of a user beyond a reload: which jobs it tracks, and which ends the application was told of.
 * Bounded: the oldest entries are forgotten first.
 */
export interface TabMemory {
  readonly tracked: ReadonlySet<string>;
  track(jobId: string): void;
  untrack(jobId: string): void;
  /** The newest end of the job that was marked under this key, as a number that grows; 0 for none. */
  endOf(key: string): number;
  markEnd(key: string, end: number): void;
  /** Goes over to the memory of this user. What was noted before any user was known is kept, of another user nothing. */
  switchTo(userId: string): void;
  /** Forgets everything, in the storage too. */
  clear(): void;
}

/** `storage` is `undefined` where there is none; then a reload forgets. */
export function createTabMemory(storage: TabStorage | undefined, onError: (error: unknown) => void): TabMemory {
  let user = '';
  const tracked = new Set<string>();
  const ends = new Map<string, number>();

  /** A storage that is full or forbidden must not disturb the application. */
  const attempt = (use: (storage: TabStorage, key: string) => void): void => {
    try {
      if (storage) use(storage, `job-events:${user}`);
    } catch (error) {
      onError(error);
    }
  };
  const save = () => attempt((storage, key) => storage.setItem(key, JSON.stringify([[...tracked], [...ends]])));
  const load = () =>
    attempt((storage, key) => {
      const [ids, marks] = JSON.parse(storage.getItem(key) ?? '[[],[]]') as [string[], [string, number][]];
      for (const id of ids) tracked.add(id);
      for (const [id, end] of marks) ends.set(id, Math.max(end, ends.get(id) ?? 0));
    });
  const forget = () => {
    tracked.clear();
    ends.clear();
  };
  const changed = () => {
    dropOldest(tracked, MOST_TRACKED);
    dropOldest(ends, MOST_ENDS);
    save();
  };
  load();

  return {
    tracked,
    track(jobId) {
      tracked.delete(jobId);
      tracked.add(jobId);
      changed();
    },
    untrack(jobId) {
      if (tracked.delete(jobId)) save();
    },
    endOf: (key) => ends.get(key) ?? 0,
    markEnd(key, end) {
      ends.delete(key);
      ends.set(key, end);
      changed();
    },
    switchTo(userId) {
      if (userId === user) return;
      if (user) forget();
      else attempt((storage, key) => storage.removeItem(key));
      user = userId;
      load();
      save();
    },
    clear() {
      forget();
      attempt((storage, key) => storage.removeItem(key));
      user = '';
    },
  };
}

function dropOldest(entries: { readonly size: number; keys(): Iterable<string>; delete(key: string): boolean }, most: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(key);
  }
}
