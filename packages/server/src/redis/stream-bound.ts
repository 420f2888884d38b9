/** Kept for those whose connection is lost for a moment, however small the entries are. */
const MOST_ENTRIES = 10_000;
/** However large they are: what is sent has to stay until it is read. */
const FEWEST_ENTRIES = 16;
/** What an entry takes beside its messages: its id, the names of its fields, who sent it. */
const ENTRY_BYTES = 200;
/** How much the newest entry counts. What has been sent lately is about the last 64. */
const WEIGHT = 1 / 64;

/**
 * How many entries a stream may have, so that it takes about `maxBytes`: judged by the mean size of what this process has
 * sent lately. Other processes judge by theirs, and the smallest number that any of them says is the one that trims. Pure
 * but for its mean: nothing is asked of Redis.
 */
export class StreamBound {
  readonly #maxBytes: number;
  #meanBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    // Before anything was sent: neither bound is nearer than the other.
    this.#meanBytes = maxBytes / MOST_ENTRIES;
  }

  /** For the entry that is sent next, whose messages take so many bytes. */
  entriesWith(messageBytes: number): number {
    this.#meanBytes += (messageBytes + ENTRY_BYTES - this.#meanBytes) * WEIGHT;
    return Math.min(MOST_ENTRIES, Math.max(FEWEST_ENTRIES, Math.floor(this.#maxBytes / this.#meanBytes)));
  }
}
