import { Remembered } from '../remembered.js';

/** Of the ids that were added before so many others, an `added` counts as not heard. */
const MAX_IDS = 20_000;

/**
 * Numbers the `added` events of a queue. An event names a job by its id alone, and an id can be added again once its job
 * is removed: what is heard after an `added` is of another job than what was heard before it.
 */
export class AddedIds {
  readonly #numbers = new Remembered<{ readonly last: number; readonly before: number | undefined }>(MAX_IDS);
  #last = 0;

  /** To be called as the event comes, before anything else that comes later. */
  hear(id: string): void {
    this.#numbers.set(id, { last: ++this.#last, before: this.of(id) });
  }

  /** The number of the last `added` of this id, greater than those before it; `undefined` where none was heard. */
  of(id: string): number | undefined {
    return this.#numbers.get(id)?.last;
  }

  /** The number of the one before that. */
  before(id: string): number | undefined {
    return this.#numbers.get(id)?.before;
  }
}
