import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { MOST_ENDS, MOST_TRACKED, MOST_USERS } from '../limits.js';

/** The part of `sessionStorage` that is used. */
export type TabStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** The end that was told last; once the job goes on after it, that it does. */
export type EndMark = Pick<AnyJobSnapshot, 'version' | 'status' | 'timestamp'>;

export const FORGOTTEN = '';

/** What is remembered of one user. */
type UserMemory = readonly [
  tracked: Set<string>,
  /** By `audience:jobId`; under {@link FORGOTTEN} the latest of those that are no longer remembered. */
  ends: Map<string, EndMark>,
];

/** As it is stored: the last user, and what is remembered of each, the latest last. */
type Stored = [user: string, users: [owner: string, tracked: string[], ends: [string, EndMark][]][]];

/**
 * What a tab remembers beyond a reload, for each user of one server: which jobs it tracks, and which ends the application
 * was told of. Bounded: of what is over, the oldest entries are forgotten first.
 */
export interface TabMemory {
  /** Whose jobs these are, or were before a reload; empty while no user is known. */
  readonly user: string;
  trackedIds(): ReadonlySet<string>;
  isTracked(jobId: string): boolean;
  /** `isOver`: whether the end of a job is no longer waited for, so that it may be forgotten. */
  track(jobId: string, isOver: (jobId: string) => boolean): void;
  untrack(jobId: string): void;
  /** What was marked last under this key: `audience:jobId`, or {@link FORGOTTEN}. */
  endOf(key: string): EndMark | undefined;
  markEnd(key: string, mark: EndMark): void;
  /** Says whose jobs these are. What was noted since the page began, before any user was known, becomes this user's. */
  switchTo(user: string): void;
  /** Forgets everything, in the storage too. */
  clear(): void;
}

/** `key` names the server, so that clients of several servers in one tab keep apart what they remember. */
export function createTabMemory(storage: TabStorage | undefined, key: string, onError: (error: unknown) => void): TabMemory {
  const users = new Map<string, UserMemory>();
  let user = '';
  let isDue = false;

  /** A storage that is full, forbidden or spoilt must not disturb the application. */
  function attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      onError(error);
    }
  }

  function memoryOf(owner: string): UserMemory {
    const memory = users.get(owner) ?? [new Set(), new Map()];
    users.delete(owner);
    for (const [oldest] of users) if (users.size >= MOST_USERS) users.delete(oldest);
    users.set(owner, memory);
    return memory;
  }

  attempt(() => {
    const [owner, stored] = JSON.parse(storage?.getItem(key) ?? '["",[]]') as Stored;
    for (const [id, tracked, ends] of stored) users.set(id, [new Set(tracked), new Map(ends)]);
    user = owner;
  });
  /** What is noted now; before a user is known it is nobody's, and kept apart from what the last user left. */
  let noted = memoryOf('');
  let last = memoryOf(user);

  function save(): void {
    isDue = false;
    const stored: Stored = [user, [...users].map(([owner, [tracked, ends]]) => [owner, [...tracked], [...ends]])];
    attempt(() => storage?.setItem(key, JSON.stringify(stored)));
  }

  /** Once for all that the current task tracks. */
  function saveSoon(): void {
    if (!isDue) queueMicrotask(save);
    isDue = true;
  }

  return {
    get user() {
      return user;
    },
    trackedIds: () => new Set([...last[0], ...noted[0]]),
    isTracked: (jobId) => noted[0].has(jobId) || last[0].has(jobId),
    track(jobId, isOver) {
      const [tracked] = noted;
      tracked.delete(jobId);
      for (const other of tracked) {
        if (tracked.size < MOST_TRACKED) break;
        if (isOver(other)) tracked.delete(other);
      }
      tracked.add(jobId);
      saveSoon();
    },
    untrack(jobId) {
      noted[0].delete(jobId);
      last[0].delete(jobId);
      save();
    },
    endOf: (key) => noted[1].get(key) ?? last[1].get(key),
    markEnd(key, mark) {
      const [tracked, ends] = noted;
      ends.delete(key);
      for (const [other, end] of ends) {
        if (ends.size < MOST_ENDS) break;
        // Of a tracked job it has to be known however long ago it ended.
        if (other === FORGOTTEN || tracked.has(other.slice(other.indexOf(':') + 1))) continue;
        ends.delete(other);
        if (end.timestamp > (ends.get(FORGOTTEN)?.timestamp ?? '')) ends.set(FORGOTTEN, end);
      }
      ends.set(key, mark);
      save();
    },
    switchTo(owner) {
      last = memoryOf((user = owner));
      const [tracked, ends] = memoryOf('');
      users.delete('');
      for (const jobId of tracked) last[0].add(jobId);
      for (const [key, mark] of ends) last[1].set(key, mark);
      noted = last;
      save();
    },
    clear() {
      users.clear();
      user = '';
      noted = last = memoryOf('');
      save();
    },
  };
}
