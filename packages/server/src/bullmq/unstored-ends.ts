import { Remembered } from '../remembered.js';
import { hasCode } from '../server-errors.js';

/** More are given up, those heard first before the others. */
const MAX_ENDS = 5_000;

/** A job of the queue. With another creation time it is another job; without one, it was not known when its end was heard. */
export interface EndedJob {
  readonly id: string;
  readonly createdAt: number | undefined;
}

interface UnstoredEnd extends EndedJob {
  readonly report: () => Promise<void>;
}

const keyOf = ({ id, createdAt }: EndedJob): string => `${createdAt ?? ''}:${id}`;

/** Ends that were heard of and that the store has not taken: a queue that removes finished jobs does not tell them again. */
export class UnstoredEnds {
  readonly #ends = new Remembered<UnstoredEnd>(MAX_ENDS);
  readonly #onGivenUp: (id: string) => void;

  constructor(onGivenUp: (id: string) => void) {
    this.#onGivenUp = onGivenUp;
  }

  /** Longest ago first. */
  get jobs(): EndedJob[] {
    return [...this.#ends.values()];
  }

  /** Reports an end, and keeps it where the store or the queue is away. Rejects as the report. */
  async report(job: EndedJob, report: () => Promise<void>): Promise<void> {
    try {
      await report();
      this.#ends.delete(keyOf(job));
    } catch (error) {
      // It is refused again.
      if (hasCode(error, 'FOREIGN_JOB') || hasCode(error, 'INVALID_PAYLOAD')) this.#ends.delete(keyOf(job));
      else this.#keep({ ...job, report });
      throw error;
    }
  }

  /** Reports a kept end again. Rejects as the report. */
  async repeat(job: EndedJob): Promise<void> {
    const end = this.#ends.get(keyOf(job));
    if (end !== undefined) await this.report(job, end.report);
  }

  #keep(end: UnstoredEnd): void {
    const givenUp = this.#ends.set(keyOf(end), end);
    if (givenUp !== undefined) this.#onGivenUp(givenUp.id);
  }
}
