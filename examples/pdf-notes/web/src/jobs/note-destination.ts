import type { TabMemory } from '../tab-memory.js';

/** An upload or a job that this tab began and that has not ended, and those that went on beside it. */
export interface Companion {
  readonly id: string;
  readonly met: readonly string[];
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
    this.#memory.write([...others.map((one) => ({ ...one, met: [...one.met, id] })), { id, met: others.map((one) => one.id) }]);
  }

  /** An upload goes on as a job, which may have been seen, and even begun again, before the upload was answered. */
  becomes(uploadId: string, jobId: string): void {
    // One that was given up, and arrived all the same.
    if (!this.#all().some(({ id }) => id === uploadId)) this.begun(uploadId);
    const renamed = (id: string) => (id === uploadId ? jobId : id);
    const all = this.#all().map(({ id, met }) => ({ id: renamed(id), met: met.map(renamed) }));
    const metByJob = all.filter(({ id }) => id === jobId).flatMap(({ met }) => met.filter((id) => id !== jobId));
    this.#memory.write([...all.filter(({ id }) => id !== jobId), { id: jobId, met: metByJob }]);
  }

  /** @returns whether it was the only one from its beginning to its end. */
  ended(id: string): boolean {
    const ended = this.#all().find((one) => one.id === id);
    this.#memory.write(this.#all().filter((one) => one.id !== id));
    return ended?.met.length === 0;
  }

  #all(): readonly Companion[] {
    return this.#memory.read() ?? [];
  }
}
