import { createStore, del, entries, get, set, type UseStore } from 'idb-keyval';

interface KeptFile {
  readonly file: File;
  readonly userId: string;
  /** Milliseconds since 1970. */
  readonly keptAt: number;
}

/** Files that are being sent, kept by the browser, so that a reload does not lose them. */
export interface KeptFiles {
  keep(id: string, file: File): Promise<void>;
  find(id: string): Promise<File | undefined>;
  forget(id: string): Promise<void>;
  /** Whatever is left of this user. */
  forgetAll(): Promise<void>;
}

const A_DAY_MS = 24 * 60 * 60_000;

/** In IndexedDB. Where a browser has none, as in some private windows, nothing is kept and nothing fails. */
export function keptFilesOf(userId: string, now: () => number = Date.now): KeptFiles {
  const forgetWhere = async (isWanted: (kept: KeptFile) => boolean) => {
    const all = await entries<string, KeptFile>(store());
    await Promise.all(all.filter(([, kept]) => isWanted(kept)).map(([id]) => del(id, store())));
  };
  // What tabs left behind that never came back.
  void quietly(() => forgetWhere(({ keptAt }) => now() - keptAt > A_DAY_MS));
  return {
    keep: (id, file) => quietly(() => set(id, { file, userId, keptAt: now() } satisfies KeptFile, store())),
    find: async (id) => {
      const kept = await quietly(() => get<KeptFile>(id, store()));
      return kept?.userId === userId ? kept.file : undefined;
    },
    forget: (id) => quietly(() => del(id, store())),
    forgetAll: () => quietly(() => forgetWhere((kept) => kept.userId === userId)),
  };
}

let opened: UseStore | undefined;
const store = (): UseStore => (opened ??= createStore('pdf-notes', 'files-being-sent'));

async function quietly<Value>(action: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await action();
  } catch {
    return undefined;
  }
}
