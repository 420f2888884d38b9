import { applySnapshot, isFinal, isNewer, termOf, withTerm, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { settleOnce } from '../../../client/src/jobs/settle-once.js';
import { createTabMemory } from '../../../client/src/jobs/tab-memory.js';
import { createVirtualClock } from '../../../client/src/testing/virtual-clock.js';
import type { Rules } from './rules.js';
import type { Witness } from './witness.js';

/** Somebody who watches the job. What is on its way to him can be lost, repeated and overtaken. */
export class ModelClient {
  view: AnyJobSnapshot | undefined;
  /** What the application was told of ends, such as `1795392000000 2 completed`: term, attempt and status. */
  readonly told: string[] = [];
  readonly #memory = createTabMemory({ timing: createVirtualClock(), storage: undefined, key: 'model', isReload: () => false, watchPage: () => {}, onError: () => undefined });
  readonly #onTheWay: AnyJobSnapshot[] = [];
  readonly #rules: Rules;
  readonly #witness: Witness;
  /** The type of the job that it watches. */
  readonly #type: string | undefined;

  constructor(rules: Rules, witness: Witness, type?: string) {
    this.#rules = rules;
    this.#witness = witness;
    this.#type = type;
  }

  send(snapshot: AnyJobSnapshot): void {
    this.#onTheWay.push(this.#rules(9) ? snapshot : { ...snapshot, version: withTerm(snapshot.version, 0) });
  }

  lose(index: number): void {
    this.#take(index);
  }

  repeat(index: number): void {
    const again = this.#onTheWay[index % this.#onTheWay.length];
    if (again !== undefined) this.#onTheWay.push(again);
  }

  /** Any of what is on the way arrives next. */
  arrive(index: number): void {
    const snapshot = this.#take(index);
    if (snapshot !== undefined) this.#show(snapshot);
  }

  arriveAll(): void {
    while (this.#onTheWay.length > 0) this.arrive(0);
  }

  #show(incoming: AnyJobSnapshot): void {
    if (incoming.type !== this.#type) this.#witness.accuse('somebody else’s state was shown');
    const before = this.view;
    this.view = this.#rules(7) ? applySnapshot(before, incoming) : before === undefined || isNewer(incoming, before) ? incoming : before;
    if (this.view === before) return;
    this.#witness.shown(before, this.view);
    const tellEnd = (_audience: unknown, job: AnyJobSnapshot, _context: unknown, mark: () => void): void => {
      mark();
      this.told.push(endOf(job)!);
    };
    settleOnce(this.view, { initial: false, foreign: false }, this.#memory, { tellEnd });
  }

  #take(index: number): AnyJobSnapshot | undefined {
    return this.#onTheWay.splice(index % Math.max(1, this.#onTheWay.length), 1)[0];
  }
}

/** Names the end of an attempt. */
export function endOf({ status, version }: AnyJobSnapshot): string | undefined {
  return isFinal(status) || status === 'retrying' ? `${termOf(version)} ${version[0]} ${status}` : undefined;
}
