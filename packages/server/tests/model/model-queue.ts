import type { End } from '../../src/emitter/payload-schemas.js';

/** Who can hold a job of the queue. */
type Holder = object;

export interface Delivery {
  /** The queue's own number of this try. */
  readonly number: number;
  /** The queue gave up a worker that it took for dead, and which may be alive. */
  readonly isRedelivery: boolean;
}

/** What the queue tells of a job, by its id alone. Which of the jobs it was given this one is, only the model knows. */
export type QueueEvent = { readonly kind: 'added'; readonly given: number } | { readonly kind: 'ended'; readonly given: number; readonly end: End };

/** A queue with one job at a time, of one step or of several, which it hands out at least once for each try. */
export class ModelQueue {
  #state: 'waiting' | 'active' | 'done' = 'waiting';
  #holder: Holder | undefined;
  #number = 1;
  #given = 1;
  #end: End | undefined;
  #isRemoved = false;
  readonly events: QueueEvent[] = [{ kind: 'added', given: 1 }];

  /** How many jobs it has been given under the same id. */
  get given(): number {
    return this.#given;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Which job somebody who asks finds, and its end; `undefined` where it was removed. */
  get found(): { readonly given: number; readonly end: End | undefined } | undefined {
    return this.#isRemoved ? undefined : { given: this.#given, end: this.#state === 'done' ? this.#end : undefined };
  }

  deliver(to: Holder): Delivery | undefined {
    if (this.#state === 'done' || this.#holder === to) return undefined;
    const isRedelivery = this.#state === 'active';
    this.#state = 'active';
    this.#holder = to;
    return { number: this.#number, isRedelivery };
  }

  /** Ignored from a worker that no longer holds the job. */
  done(holder: Holder, end: End): void {
    if (this.#holder !== holder) return;
    this.#finish(end);
  }

  /** A worker that reports nothing does the job. */
  doUnreported(end: End): void {
    if (this.#state === 'waiting') this.#finish(end);
  }

  #finish(end: End): void {
    this.#holder = undefined;
    this.#state = 'done';
    this.#end = end;
    this.events.push({ kind: 'ended', given: this.#given, end });
  }

  removeDone(): void {
    if (this.#state === 'done') this.#isRemoved = true;
  }

  /** The next step is another job to the queue, which counts its tries anew. */
  nextStep(holder: Holder): void {
    if (this.#holder !== holder) return;
    this.#holder = undefined;
    this.#state = 'waiting';
    this.#number = 1;
  }

  again(holder: Holder): void {
    if (this.#holder !== holder) return;
    this.#holder = undefined;
    this.#state = 'waiting';
    this.#number++;
  }

  /** A job that waits is removed, and another one is added under its id. Returns whether there was one. */
  replace(): boolean {
    if (this.#state !== 'waiting') return false;
    this.#add();
    return true;
  }

  /** Another job is added under the id of one that is done and removed. Returns whether there was one. */
  addAgain(): boolean {
    if (!this.#isRemoved) return false;
    this.#add();
    return true;
  }

  #add(): void {
    this.#state = 'waiting';
    this.#isRemoved = false;
    this.#number = 1;
    this.#given++;
    this.events.push({ kind: 'added', given: this.#given });
  }

  /** Somebody retries a job that is done; some back ends set the number back. */
  retryByHand(): void {
    if (this.#state !== 'done' || this.#isRemoved) return;
    this.#state = 'waiting';
    this.#number = 1;
  }
}
