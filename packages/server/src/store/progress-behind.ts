import { isNewer } from '@notes/job-events-protocol';
import type { Timing } from '../timing.js';
import type { StateWrite } from './job-store.js';

/** How far a durable store may be behind its cache. */
const BEHIND_MS = 5_000;
const MOST_JOBS = 10_000;

/** The newest progress of each job that a cache has and the durable store has not. It goes there in batches. */
export class ProgressBehind {
  readonly #timing: Timing;
  readonly #write: (writes: readonly StateWrite[]) => Promise<readonly StateWrite[]>;
  readonly #onFailed: (cause: unknown, jobIds: readonly string[]) => void;
  readonly #waiting = new Map<string, StateWrite>();
  #timer: unknown;

  /**
   * `write` is given the newest of each job and resolves to those that are to be given again. What it rejects is given
   * again too, and `onFailed` hears of it, with the jobs that wait, where nobody waited.
   */
  constructor(timing: Timing, write: (writes: readonly StateWrite[]) => Promise<readonly StateWrite[]>, onFailed: (cause: unknown, jobIds: readonly string[]) => void) {
    this.#timing = timing;
    this.#write = write;
    this.#onFailed = onFailed;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add(write: StateWrite): void {
    const { jobId } = write.snapshot;
    const waiting = this.#waiting.get(jobId);
    if (waiting !== undefined && !isNewer(write.snapshot, waiting.snapshot)) return;
    this.#waiting.set(jobId, write);
    // Only while the durable store is away for long: the progress of some job is then told by its next report.
    if (this.#waiting.size > MOST_JOBS) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#timer ??= this.#timing.setTimeout(() => void this.flush().catch((cause: unknown) => this.#onFailed(cause, [...this.#waiting.keys()])), BEHIND_MS);
  }

  /** Writes what waits: of these jobs, or of all. Rejects as the durable store does; then it waits further. */
  async flush(jobIds: readonly string[] = [...this.#waiting.keys()]): Promise<void> {
    const writes = jobIds.flatMap((jobId) => this.#waiting.get(jobId) ?? []);
    for (const { snapshot } of writes) this.#waiting.delete(snapshot.jobId);
    if (this.#waiting.size === 0) this.close();
    if (writes.length === 0) return;
    try {
      for (const write of await this.#write(writes)) this.add(write);
    } catch (error) {
      for (const write of writes) this.add(write);
      throw error;
    }
  }

  close(): void {
    this.#timing.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
