import type { OnError } from '../logger.js';
import { StoreHealth } from '../store-health.js';
import { within, type Timing } from '../timing.js';

/** A cache that has not answered for so long is silent. */
const SILENT_AFTER_MS = 1_000;
/** So long nothing is asked of a silent cache, unless it answers before. */
const LEFT_OUT_MS = 5_000;
/** Jobs of which nobody speaks any more keep no alarm up for longer. */
const GIVEN_UP_AFTER_MS = 10_000;

/** A cache may answer the one and refuse the other. */
type Kind = 'read' | 'write';

const NONE: ReadonlyMap<string, unknown> = new Map();

/** Calls a cache that may be away. Never rejects, and waits for a silent cache once, not for each call. */
export class CacheCalls {
  readonly #timing: Timing;
  readonly #health: StoreHealth;
  /** On the monotonic clock. */
  #leftOutUntil = -Infinity;

  constructor({ timing, onError }: { readonly timing: Timing; readonly onError: OnError }) {
    this.#timing = timing;
    this.#health = new StoreHealth({ store: 'cache', timing, onError, consequence: 'the durable store does its work meanwhile.', givenUpAfterMs: GIVEN_UP_AFTER_MS });
  }

  /** `undefined`: without an answer about these jobs. `failuresOf` says of which jobs an answer says nothing, and why. */
  async ask<Result>(
    kind: Kind,
    jobIds: readonly string[],
    ask: () => Promise<Result>,
    failuresOf: (result: Result) => ReadonlyMap<string, unknown> = () => NONE,
  ): Promise<Result | undefined> {
    if (this.#timing.monotonic() < this.#leftOutUntil) return undefined;
    const answer = ask().then(
      (result) => {
        this.#leftOutUntil = -Infinity;
        this.#health.answered(kind, jobIds, failuresOf(result));
        return result;
      },
      (cause: unknown) => this.#failed(kind, jobIds, cause),
    );
    return within(answer, SILENT_AFTER_MS, this.#timing, () => {
      this.#leftOutUntil = this.#timing.monotonic() + LEFT_OUT_MS;
      return this.#failed(kind, jobIds, new Error(`The cache gave no answer within ${SILENT_AFTER_MS} ms.`));
    });
  }

  #failed(kind: Kind, jobIds: readonly string[], cause: unknown): undefined {
    this.#health.unanswered(kind, jobIds, cause);
  }
}
