import type { Heartbeat, HeartbeatResult } from '../store/job-store.js';
import type { Timing } from '../timing.js';
import type { StoreClient } from './store-client.js';

/** How often runs give a sign of life, in ms; a gateway takes a run that was silent for 30 s for dead. */
const EVERY_MS = 5_000;

/** A run that gives signs of life. */
export interface LivingRun extends Heartbeat {
  /** Told what the store thinks of it. */
  readonly onHeartbeat: (result: HeartbeatResult) => void;
}

/** The signs of life of all runs of an emitter, in one round trip. */
export class Heartbeats {
  readonly #storeClient: StoreClient;
  readonly #timing: Timing;
  readonly #runs = new Set<LivingRun>();
  #timer: unknown;

  constructor(storeClient: StoreClient, timing: Timing) {
    this.#storeClient = storeClient;
    this.#timing = timing;
  }

  add(run: LivingRun): void {
    this.#runs.add(run);
    this.#beatLater();
  }

  remove(run: LivingRun): void {
    this.#runs.delete(run);
    if (this.#runs.size === 0) this.close();
  }

  close(): void {
    this.#timing.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#runs.clear();
  }

  /** One timer, also where a run has set it while a beat was on its way. */
  #beatLater(): void {
    this.#timer ??= this.#timing.setTimeout(() => {
      this.#timer = undefined;
      void this.#beat();
    }, EVERY_MS);
  }

  async #beat(): Promise<void> {
    const runs = [...this.#runs];
    try {
      const results = await this.#storeClient.call('heartbeat', (store) => store.heartbeat(runs.map(({ jobId, epoch }) => ({ jobId, epoch }))), EVERY_MS);
      this.#storeClient.reportFailures(runs.map(({ jobId }) => jobId), results);
      for (const [index, run] of runs.entries()) {
        const result = results[index]!;
        if (this.#runs.has(run) && result.outcome !== 'failed') run.onHeartbeat(result);
      }
    } catch {
      // Reported by the store client. The next beat says the same.
    }
    if (this.#runs.size > 0) this.#beatLater();
  }
}
