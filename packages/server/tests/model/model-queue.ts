/** Who can hold a job of the queue. */
type Holder = object;

export interface Delivery {
  /** The queue's own number of this try. */
  readonly number: number;
  /** The queue gave up a worker that it took for dead, and which may be alive. */
  readonly isRedelivery: boolean;
}

/** A queue with one job at a time, of one step or of several, which it hands out at least once for each try. */
export class ModelQueue {
  #state: 'waiting' | 'active' | 'done' = 'waiting';
  #holder: Holder | undefined;
  #number = 1;
  #given = 1;

  /** How many jobs it has been given under the same id. */
  get given(): number {
    return this.#given;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  deliver(to: Holder): Delivery | undefined {
    if (this.#state === 'done' || this.#holder === to) return undefined;
    const isRedelivery = this.#state === 'active';
    this.#state = 'active';
    this.#holder = to;
    return { number: this.#number, isRedelivery };
  }

  /** Ignored from a worker that no longer holds the job. */
  done(holder: Holder): void {
    if (this.#holder !== holder) return;
    this.#holder = undefined;
    this.#state = 'done';
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
    this.#number = 1;
    this.#given++;
    return true;
  }

  /** Somebody retries a job that is done; some back ends set the number back. */
  retryByHand(): void {
    if (this.#state !== 'done') return;
    this.#state = 'waiting';
    this.#number = 1;
  }
}
