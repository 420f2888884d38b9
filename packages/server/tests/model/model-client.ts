import { applySnapshot, isFinal, isNewer, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { Rules } from './rules.js';
import type { Witness } from './witness.js';

/** Somebody who watches the job. What is on its way to him can be lost, repeated and overtaken. */
export class ModelClient {
  view: AnyJobSnapshot | undefined;
  /** What the application was told of ends, such as `2 completed`. */
  readonly told: string[] = [];
  readonly #onTheWay: AnyJobSnapshot[] = [];
  readonly #rules: Rules;
  readonly #witness: Witness;

  constructor(rules: Rules, witness: Witness) {
    this.#rules = rules;
    this.#witness = witness;
  }

  send(snapshot: AnyJobSnapshot): void {
    this.#onTheWay.push(snapshot);
  }

  lose(index: number): void {
    this.#take(index);
  }

  repeat(index: number): void {
    const again = this.#onTheWay[index % this.#onTheWay.length];
    if (again !== undefined) this.send(again);
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
    const before = this.view;
    this.view = this.#rules(7) ? applySnapshot(before, incoming) : before === undefined || isNewer(incoming, before) ? incoming : before;
    if (this.view === before) return;
    this.#witness.shown(before, this.view);
    const end = endOf(this.view);
    if (end !== undefined && end !== (before && endOf(before))) this.told.push(end);
  }

  #take(index: number): AnyJobSnapshot | undefined {
    return this.#onTheWay.splice(index % Math.max(1, this.#onTheWay.length), 1)[0];
  }
}

/** Names the end of an attempt. */
export function endOf({ status, version: [attempt] }: AnyJobSnapshot): string | undefined {
  return isFinal(status) || status === 'retrying' ? `${attempt} ${status}` : undefined;
}
