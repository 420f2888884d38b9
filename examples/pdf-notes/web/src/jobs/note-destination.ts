import type { TabMemory } from '../tab-memory.js';

/** An upload or a job that this tab began and that has not ended, and whether it has been the only one all the time. */
export interface Companion {
  readonly id: string;
  readonly isAlone: boolean;
}

/**
 * Decides where the page goes when notes are made: whoever waits for one PDF is led to its note; whoever waits for
 * several stays, and is shown links.
 */
export class NoteDestination {
  readonly #memory: TabMemory<readonly Companion[]>;

  constructor(memory: TabMemory<readonly Companion[]>) {
    this.#memory = memory;
  }

  /** An upload, or another attempt of a job, begins. */
  begun(id: string): void {
    const others = this.#all().filter((one) => one.id !== id);
    const isAlone = others.length === 0;
    this.#memory.write([...(isAlone ? [] : others.map((one) => ({ ...one, isAlone: false }))), { id, isAlone }]);
  }

  /** An upload goes on as a job. */
  becomes(uploadId: string, jobId: string): void {
    this.#memory.write(this.#all().map((one) => (one.id === uploadId ? { ...one, id: jobId } : one)));
  }

  /** @returns whether it was the only one from its beginning to its end. */
  ended(id: string): boolean {
    const ended = this.#all().find((one) => one.id === id);
    this.#memory.write(this.#all().filter((one) => one.id !== id));
    return ended?.isAlone ?? false;
  }

  #all(): readonly Companion[] {
    return this.#memory.read() ?? [];
  }
}
