import { Remembered } from '../remembered.js';
import { hasCode } from '../server-errors.js';

/** More are given up, those heard first before the others. */
const MAX_ENDS = 5_000;

interface UnstoredEnd {
  readonly id: string;
  readonly report: () => Promise<void>;
}

/** Ends that were heard of and that the store has not taken: a queue that removes finished jobs does not tell them again. */
export class UnstoredEnds {
  readonly #ends = new Remembered<UnstoredEnd>(MAX_ENDS);
  readonly #onGivenUp: (id: string) => void;

  constructor(onGivenUp: (id: string) => void) {
    this.#onGivenUp = onGivenUp;
  }

  /** The queue's ids of these jobs, longest ago first. */
  get ids(): string[] {
    return [...this.#ends.keys()];
  }

  /** Reports an end, and keeps it where the store or the queue is away. Rejects as the report. */
  async report(id: string, report: () => Promise<void>): Promise<void> {
    try {
      await report();
      this.#ends.delete(id);
    } catch (error) {
      // It is refused again.
      if (hasCode(error, 'FOREIGN_JOB') || hasCode(error, 'INVALID_PAYLOAD')) this.#ends.delete(id);
      else this.#keep({ id, report });
      throw error;
    }
  }

  /** Reports a kept end again. Rejects as the report. */
  async repeat(id: string): Promise<void> {
    const end = this.#ends.get(id);
    if (end !== undefined) await this.report(id, end.report);
  }

  #keep(end: UnstoredEnd): void {
    const givenUp = this.#ends.set(end.id, end);
    if (givenUp !== undefined) this.#onGivenUp(givenUp.id);
  }
}
