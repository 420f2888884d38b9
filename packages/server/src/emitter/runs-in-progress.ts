import { JobEventsServerError } from '../server-errors.js';
import type { RunSession } from './run-session.js';

/** A run that had not ended when `close` gave it up. */
export interface UnfinishedRun {
  readonly jobId: string;
  readonly userId: string;
  readonly attempt: number;
}

/** The runs of this process, from their claim until `run` settles. */
export class RunsInProgress {
  readonly #runs = new Set<RunSession>();
  readonly #whenIdle = new Set<() => void>();

  get size(): number {
    return this.#runs.size;
  }

  add(run: RunSession): void {
    this.#runs.add(run);
  }

  delete(run: RunSession): void {
    this.#runs.delete(run);
    if (this.#runs.size > 0) return;
    for (const resolve of this.#whenIdle) resolve();
    this.#whenIdle.clear();
  }

  /** Resolves when no run is in progress, those included that begin meanwhile. */
  idle(): Promise<void> {
    return this.#runs.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenIdle.add(resolve));
  }

  /** Sends what is coalesced. */
  flush(): void {
    for (const run of this.#runs) run.flush();
  }

  /** Lets the work of these runs go on and reports nothing of it any more. */
  stopReporting(): readonly UnfinishedRun[] {
    return [...this.#runs].flatMap((run) => run.stopReporting() ?? []);
  }
}

export const runUnfinished = ({ jobId }: UnfinishedRun): JobEventsServerError =>
  new JobEventsServerError(
    'RUN_UNFINISHED',
    `The emitter was closed while a run of job ${jobId} was in progress. The work goes on, and its end is not reported. Close the queue's worker first, or give close more time.`,
    { jobId },
  );

export const runUnreported = (jobId: string): JobEventsServerError =>
  new JobEventsServerError('CLOSED', `The emitter is closed. Job ${jobId} is done without being reported. Close the queue's worker before the emitter.`, { jobId });
