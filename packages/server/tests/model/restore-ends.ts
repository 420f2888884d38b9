import { isStored, versionToRestore } from '../../src/emitter/restore-ends.js';
import type { UnstoredEnd } from '../../src/emitter/end-not-stored-error.js';
import { decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import type { World } from './world.js';

/** What an application does with the ends that the library could not store. */
export class UnstoredEnds {
  #ends: readonly UnstoredEnd[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  keep(end: UnstoredEnd): void {
    this.#ends = [...this.#ends, end];
  }

  /** Gives the oldest one to `restoreEnds`. */
  restore(): void {
    const [end, ...others] = this.#ends;
    if (end === undefined) return;
    const { store, now } = this.#world;
    const { epoch, record } = store.change(decideTakeEpoch, now);
    const version = isStored(end, record) ? undefined : versionToRestore(end, record, epoch);
    const result = version && store.change((state) => decideWrite(state, { ...end, snapshot: { ...end.snapshot, version } }, now), now);
    this.#ends = others;
    if (result?.outcome === 'stored') this.#world.publish(result.record);
  }

  restoreAll(): void {
    while (this.#ends.length > 0) this.restore();
  }
}
