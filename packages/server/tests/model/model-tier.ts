import { isNewer, RANK, termOf, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWriteBy } from './decide-write-by.js';
import type { JobRecord } from '../../src/store/job-record.js';
import type { StateWrite, WriteResult } from '../../src/store/job-store.js';
import { StoreAway } from './model-store.js';
import type { World } from './world.js';

/** What the `TieredJobStore` of one process does: progress to the cache, and to the durable store behind it. */
export class ModelTier {
  #behind: StateWrite | undefined;
  #isConfirmed = false;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** @throws StoreAway */
  takeEpoch(): { readonly epoch: number; readonly record: JobRecord | undefined } {
    const { store, now } = this.#world;
    this.flush();
    const { epoch, record } = store.change(decideTakeEpoch, now);
    const { cached } = store;
    const isMore = cached !== undefined && cached.userId === record?.userId && isNewer(cached.snapshot, record.snapshot);
    return { epoch, record: isMore ? cached : record };
  }

  /** @throws StoreAway */
  write(write: StateWrite): WriteResult {
    const { store, now, rules } = this.#world;
    const { version, status } = write.snapshot;
    const isFirst = rules(11) && version[3] === 1;
    const isLetGo = version[1] !== RANK.going || status === 'queued';
    const cached = isLetGo || isFirst || !this.#isConfirmed ? undefined : store.changeCache((state) => decideWriteBy(rules, state, write, now), now);
    if (cached?.outcome === 'stored') {
      if (this.#behind === undefined || isNewer(write.snapshot, this.#behind.snapshot)) this.#behind = write;
      return cached;
    }
    this.flush();
    const decided = this.#decide(write);
    const isPast = decided.outcome === 'stored' && cached?.outcome === 'outdated' && isNewer(cached.record.snapshot, decided.record.snapshot);
    return isPast ? cached : decided;
  }

  /** @throws StoreAway */
  flush(): void {
    const write = this.#behind;
    if (write === undefined) return;
    const result = this.#decide(write);
    this.#behind = undefined;
    if (result.outcome === 'outdated' && write.by !== 'run' && this.#world.rules(12)) this.#repeat(write, result.record.snapshot);
  }

  #repeat(write: StateWrite, current: AnyJobSnapshot): void {
    const [attempt] = write.snapshot.version;
    if (current.version[0] !== attempt || current.version[1] !== RANK.going || current.progress >= write.snapshot.progress) return;
    const { store, now } = this.#world;
    try {
      const { epoch } = store.change(decideTakeEpoch, now);
      this.#decide({ ...write, snapshot: { ...write.snapshot, version: [attempt, RANK.going, epoch, 1, termOf(current.version)] } });
    } catch (error) {
      this.#behind = write;
      throw error;
    }
  }

  #decide(write: StateWrite): WriteResult {
    const { store, now, rules } = this.#world;
    if (store.isAway && store.isCacheDeaf) throw new StoreAway();
    const result = store.change((state) => decideWriteBy(rules, state, write, now), now);
    this.#isConfirmed = true;
    return result;
  }
}
