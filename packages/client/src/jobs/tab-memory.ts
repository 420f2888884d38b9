import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { MOST_ENDS, MOST_TRACKED } from '../limits.js';

/** The part of `sessionStorage` that is used. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'job-events:2';

/** The end that was told last; once the job goes on after it, that it does. */
export type EndMark = Pick<AnyJobSnapshot, 'version' | 'status'>;

/**
 * What a tab remembers beyond a reload: whose jobs it followed, which of them it tracks, and which ends the application
 * was told of. Of one user at a time. Bounded: of what is over, the oldest entries are forgotten first.
 */
export interface TabMemory {
  /** Whose jobs these are; empty while no user is known. */
  readonly user: string;
  readonly tracked: ReadonlySet<string>;
  /** `isOver`: whether the end of a job is no longer waited for, so that it may be forgotten. */
  track(jobId: string, isOver: (jobId: string) => boolean): void;
  untrack(jobId: string): void;
  /** What was marked last under this key. */
  endOf(key: string): EndMark | undefined;
  markEnd(key: string, mark: EndMark): void;
  /** Says whose jobs these are. What was noted before any user was known is kept, of another user nothing. */
  switchTo(user: string): void;
  /** Forgets everything, in the storage too. */
  clear(): void;
}

/** `storage` is `undefined` where there is none; then a reload forgets. */
export function createTabMemory(storage: TabStorage | undefined, onError: (error: unknown) => void): TabMemory {
  let user = '';
  let tracked = new Set<string>();
  let ends = new Map<string, EndMark>();

  /** A storage that is full, forbidden or spoilt must not disturb the application. */
  function attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      onError(error);
    }
  }

  attempt(() => {
    const stored = storage?.getItem(KEY);
    if (!stored) return;
    const [owner, ids, marks] = JSON.parse(stored) as [string, string[], [string, EndMark][]];
    [tracked, ends] = [new Set(ids), new Map(marks)];
    user = owner;
  });

  function save(): void {
    attempt(() => storage?.setItem(KEY, JSON.stringify([user, [...tracked], [...ends]])));
  }

  function begin(owner: string): void {
    user = owner;
    tracked.clear();
    ends.clear();
    save();
  }

  return {
    get user() {
      return user;
    },
    get tracked() {
      return tracked;
    },
    track(jobId, isOver) {
      tracked.delete(jobId);
      for (const other of tracked) if (tracked.size >= MOST_TRACKED && isOver(other)) tracked.delete(other);
      tracked.add(jobId);
      save();
    },
    untrack(jobId) {
      if (tracked.delete(jobId)) save();
    },
    endOf: (key) => ends.get(key),
    markEnd(key, mark) {
      ends.delete(key);
      for (const [other] of ends) if (ends.size >= MOST_ENDS) ends.delete(other);
      ends.set(key, mark);
      save();
    },
    switchTo(owner) {
      if (user && owner !== user) begin(owner);
      user = owner;
      save();
    },
    clear: () => begin(''),
  };
}
