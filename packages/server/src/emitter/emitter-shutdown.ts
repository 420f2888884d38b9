import { checkTimeout, Deadline } from '../deadline.js';
import type { CloseResult } from './close-result.js';
import type { EmitterParts } from './compose-emitter.js';
import { runUnfinished } from './runs-in-progress.js';

/** How long `flush` waits for the store, by default. */
const FLUSH_TIMEOUT_MS = 5_000;
/** How long `close` takes at most, by default: within the 30 s that Kubernetes gives a process. */
export const CLOSE_TIMEOUT_MS = 20_000;
/** The share of the time of `close` that is kept for storing the ends. */
const STORING_SHARE = 0.25;

/** Flushes an emitter and shuts it down: first the runs in progress end, then what is left is stored, within one deadline. */
export class EmitterShutdown {
  readonly #parts: EmitterParts;
  #closing: Promise<CloseResult> | undefined;
  #isClosed = false;

  constructor(parts: EmitterParts) {
    this.#parts = parts;
  }

  /** Whether nothing is reported any more. Not yet while runs in progress are waited for. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  async flush(timeoutMs = FLUSH_TIMEOUT_MS): Promise<void> {
    await new Deadline(timeoutMs, this.#parts.deps.path.timing).settles(this.#flushAll());
  }

  /** @throws JobEventsServerError `INVALID_OPTIONS` */
  async close(timeoutMs = CLOSE_TIMEOUT_MS): Promise<CloseResult> {
    const deadline = new Deadline(checkTimeout('timeoutMs', timeoutMs), this.#parts.deps.path.timing);
    this.#closing ??= this.#close(deadline);
    return this.#closing;
  }

  async #close(deadline: Deadline): Promise<CloseResult> {
    const { runs, direct, supervisor, deps } = this.#parts;
    if (runs.size > 0) await deadline.leaving(STORING_SHARE).settles(runs.idle());
    this.#isClosed = true;
    const unfinishedRuns = runs.stopReporting();
    for (const run of unfinishedRuns) deps.onError(runUnfinished(run));
    await deadline.settles(this.#flushAll());
    deps.ends.close();
    deps.storeClient.close();
    deps.heartbeats.close();
    supervisor?.close();
    deps.path.writer.close();
    // What is given up now is rejected at once, and has been reported when this resolves: a process may end right after it.
    await Promise.all([...deps.ending, direct.flush()]);
    return { unfinishedRuns, unstoredEnds: [...deps.ends.givenUp] };
  }

  async #flushAll(): Promise<void> {
    const { runs, direct, deps } = this.#parts;
    runs.flush();
    await Promise.all([direct.flush(), ...deps.ending]);
    await deps.path.writer.flush();
  }
}
