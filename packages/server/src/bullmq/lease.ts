import type { JobStore } from '../store/job-store.js';
import { answerWithin, type Timing } from '../timing.js';

/** A process that dies leaves its lease to another one after this time. */
const LEASE_MS = 5_000;
const RENEW_EVERY_MS = 1_500;
const ANSWER_MS = 3_000;

/** A lease in a job store, which one process at a time holds, renewed while its task runs. */
export class Lease {
  readonly #deps: { readonly store: JobStore; readonly timing: Timing; readonly name: string; readonly holder: string };
  /** On the monotonic clock. */
  #heldUntil = 0;
  #isGivenBack = false;

  constructor(deps: { readonly store: JobStore; readonly timing: Timing; readonly name: string; readonly holder: string }) {
    this.#deps = deps;
  }

  /**
   * Does the task if no other process holds the lease. `isHeld` is `false` once the lease could not be renewed: the task
   * then stops. Resolves to whether the task was done. Rejects as the task, and where the store cannot be asked at first.
   */
  async whileHeld(task: (isHeld: () => boolean) => Promise<void>): Promise<boolean> {
    await this.#take();
    if (!this.isHeld) return false;
    const { timing } = this.#deps;
    let isOver = false;
    let timer: unknown;
    const renewLater = (): void => {
      if (!isOver && this.isHeld) timer = timing.setTimeout(() => void this.#take().catch(() => undefined).finally(renewLater), RENEW_EVERY_MS);
    };
    renewLater();
    try {
      await task(() => this.isHeld);
      return true;
    } finally {
      isOver = true;
      timing.clearTimeout(timer);
    }
  }

  get isHeld(): boolean {
    return !this.#isGivenBack && this.#deps.timing.monotonic() < this.#heldUntil;
  }

  /** For good. A task that goes on sees that the lease is no longer held. */
  async giveBack(): Promise<void> {
    this.#isGivenBack = true;
    await this.#deps.store.takeLease(this.#deps.name, this.#deps.holder, 0);
  }

  async #take(): Promise<void> {
    if (this.#isGivenBack) return;
    const { store, timing, name, holder } = this.#deps;
    const askedAt = timing.monotonic();
    const isTaken = await answerWithin(store.takeLease(name, holder, LEASE_MS), ANSWER_MS, timing, 'The store');
    if (this.#isGivenBack && isTaken) await store.takeLease(name, holder, 0);
    this.#heldUntil = isTaken ? askedAt + LEASE_MS : 0;
  }
}
