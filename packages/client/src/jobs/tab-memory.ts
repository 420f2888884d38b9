import { isNewer, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { MOST_ENDS, MOST_TRACKED, MOST_USERS, SAVE_MS } from '../limits.js';
import { attempt } from '../attempt.js';
import { createAlarm, type Timing } from '../timing.js';

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

/** As it is stored: which tab wrote it, the last user, and what is remembered of each, the latest last. */
type Stored = [tab: number, user: string, users: [owner: string, tracked: string[], ends: [string, EndMark][]][]];

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
  /** Says whose jobs these are. What was tracked before any user was known becomes this user's; ends told by then count for every user. */
  switchTo(user: string): void;
  /** Forgets everything, in the storage too. */
  clear(): void;
  /** For the next client of the same server in this page, or the next page. */
  close(): void;
}

export interface TabMemoryOptions {
  readonly timing: Timing;
  readonly storage: TabStorage | undefined;
  /** Names the server, so that clients of several servers in one tab keep apart what they remember. */
  readonly key: string;
  /** The page is loaded again in the same tab, whatever became of the page before. */
  readonly isReload: () => boolean;
  /** Calls `leave` when the page goes, and `comeBack` when it is shown again after that. */
  readonly watchPage: (leave: () => void, comeBack: () => void) => void;
  readonly onError: (error: unknown) => void;
}

const newest = (a: EndMark | undefined, b: EndMark | undefined): EndMark | undefined => (a && b && isNewer(b, a) ? b : (a ?? b));

/** A page of a tab, with what to do for each of its clients as it goes and as it comes back, by the name that the client has taken. */
interface Page {
  readonly tab: number;
  readonly clients: Map<string, readonly [leave: () => void, comeBack: () => void]>;
}

const pages = new WeakMap<TabStorage, Page>();

/** Where the number of the tab is stored, with {@link OPEN} while a page is there. */
const TAB_KEY = 'job-events:tab';
const OPEN = '+';

/**
 * A browser copies the storage into a tab that is duplicated or opened by a page. That is another tab: its first page finds
 * that a page is there already, and takes the next number. What is stored under another number is not this tab's. The mark
 * is the page's, and not a client's: what a client left that is closed is copied too.
 */
function openPage(storage: TabStorage, { isReload, watchPage, onError }: TabMemoryOptions): Page {
  const mark = storage.getItem(TAB_KEY) ?? '0';
  const tab = parseInt(mark) + +(mark.endsWith(OPEN) && !isReload());
  const clients: Page['clients'] = new Map();
  const tell = (suffix: string, which: 0 | 1) => {
    attempt(onError, () => storage.setItem(TAB_KEY, tab + suffix));
    clients.forEach((client) => client[which]());
  };
  watchPage(() => tell('', 0), () => tell(OPEN, 1));
  tell(OPEN, 1);
  const page = { tab, clients };
  pages.set(storage, page);
  return page;
}

export function createTabMemory(options: TabMemoryOptions): TabMemory {
  const { timing, storage, key, onError } = options;
  const users = new Map<string, UserMemory>();
  const alarm = createAlarm(timing, false);
  let isFull = false;
  let page: Page = { tab: 0, clients: new Map() };
  attempt(onError, () => {
    if (storage) page = pages.get(storage) ?? openPage(storage, options);
  });
  /** The first that no other client of the page has, so that several of one server keep apart what they remember. */
  let name = key;
  for (let count = 1; page.clients.has(name); count++) name = `${key} ${count}`;

  function memoryOf(owner: string): UserMemory {
    const memory = users.get(owner) ?? [new Set(), new Map()];
    users.delete(owner);
    for (const [oldest] of users) if (users.size >= MOST_USERS) users.delete(oldest);
    users.set(owner, memory);
    return memory;
  }

  /** Takes what the page before has left. Returns its last user. */
  function load(): string {
    let owner = '';
    attempt(onError, () => {
      const [tab, before, stored] = JSON.parse(storage?.getItem(name) ?? '[]') as Stored;
      if (tab !== page.tab) return;
      users.clear();
      for (const [id, tracked, ends] of stored) users.set(id, [new Set(tracked), new Map(ends)]);
      owner = before;
    });
    return owner;
  }

  let user = load();
  /** What is noted now; before a user is known it is nobody's, and kept apart from what the last user left. */
  let noted = memoryOf('');
  let last = memoryOf(user);

  function save(): void {
    alarm();
    const stored: Stored = [page.tab, user, [...users].map(([owner, [tracked, ends]]) => [owner, [...tracked], [...ends]])];
    attempt(tellOnce, () => {
      storage?.setItem(name, JSON.stringify(stored));
      isFull = false;
    });
  }

  /** Once until it can be written again. */
  function tellOnce(error: unknown): void {
    if (!isFull) onError(error);
    isFull = true;
  }

  /** Other pages of the tab may have told and tracked more meanwhile. */
  function comeBack(): void {
    const isNamed = noted === last;
    load();
    last = memoryOf(user);
    noted = isNamed ? last : memoryOf('');
    save();
  }

  /** Once for all that happens meanwhile. */
  const saveSoon = (): void => void (storage && alarm(SAVE_MS, save, true));

  save();
  page.clients.set(name, [save, comeBack]);

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
      saveSoon();
    },
    endOf: (key) => newest(noted[1].get(key), last[1].get(key)),
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
      saveSoon();
    },
    switchTo(owner) {
      last = memoryOf((user = owner));
      const [tracked, ends] = memoryOf('');
      for (const jobId of tracked) last[0].add(jobId);
      tracked.clear();
      // Whose ends these were is not known: they are told to nobody again.
      for (const [key, mark] of ends) last[1].set(key, newest(mark, last[1].get(key))!);
      noted = last;
      saveSoon();
    },
    clear() {
      users.clear();
      user = '';
      noted = last = memoryOf('');
      save();
    },
    close() {
      save();
      page.clients.delete(name);
    },
  };
}
