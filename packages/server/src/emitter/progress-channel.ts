import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { StateWrite, WriteResult } from '../store/job-store.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Timing } from '../timing.js';
import type { Announcer } from './announcer.js';
import { dueAt, type Sent, type Throttle } from './coalescing-window.js';
import type { ProgressWriter } from './progress-writer.js';

/** What every reporter of an emitter shares to say progress with. */
export interface ProgressPath {
  readonly announcer: Announcer;
  readonly writer: ProgressWriter;
  readonly throttle: Throttle;
  readonly timing: Timing;
  readonly metrics: Metrics;
}

export interface ProgressChannelOptions {
  readonly userId: string;
  readonly by: StateWrite['by'];
  /** Told what the store made of a state that was said. */
  readonly onResult: (snapshot: AnyJobSnapshot, result: WriteResult) => void;
}

/** The progress of one job on its way out: what comes too fast is coalesced; the rest is broadcast first and written behind. */
export class ProgressChannel {
  readonly #path: ProgressPath;
  readonly #options: ProgressChannelOptions;
  #sent: Sent | undefined;
  #waiting: { readonly snapshot: AnyJobSnapshot; readonly dueAt: number } | undefined;
  #timer: { readonly id: unknown; readonly at: number } | undefined;

  constructor(path: ProgressPath, options: ProgressChannelOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Takes the newest state; it goes out now or, if nothing newer comes, soon. */
  say(snapshot: AnyJobSnapshot): void {
    if (this.#waiting !== undefined) this.#path.metrics.coalesced();
    const now = this.#path.timing.now();
    const due = dueAt(this.#sent, snapshot, now, this.#path.throttle);
    if (due <= now) return this.#send(snapshot, now);
    this.#waiting = { snapshot, dueAt: due };
    this.#wakeAt(due, now);
  }

  /** Broadcasts a state that is stored already. */
  announce(snapshot: AnyJobSnapshot): void {
    this.#sent = { shown: snapshot, at: this.#path.timing.now() };
    this.#path.announcer.announce(this.#options.userId, snapshot);
  }

  /** What waits goes out at once. */
  flush(): void {
    if (this.#waiting !== undefined) this.#send(this.#waiting.snapshot, this.#path.timing.now());
  }

  /** What waits is dropped. */
  close(): void {
    this.#waiting = undefined;
    this.#path.timing.clearTimeout(this.#timer?.id);
    this.#timer = undefined;
  }

  #send(snapshot: AnyJobSnapshot, now: number): void {
    this.close();
    this.#sent = { shown: snapshot, at: now };
    const { userId, by, onResult } = this.#options;
    this.#path.announcer.announce(userId, snapshot);
    this.#path.writer.put({ userId, snapshot, by }, (result) => onResult(snapshot, result));
  }

  /** Keeps a timer that would wake too early: setting one anew for each report costs more than waking once in vain. */
  #wakeAt(due: number, now: number): void {
    if (this.#timer !== undefined && this.#timer.at <= due) return;
    this.#path.timing.clearTimeout(this.#timer?.id);
    const id = this.#path.timing.setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
    }, due - now);
    this.#timer = { id, at: due };
  }

  #wake(): void {
    if (this.#waiting === undefined) return;
    const now = this.#path.timing.now();
    if (this.#waiting.dueAt <= now) this.#send(this.#waiting.snapshot, now);
    else this.#wakeAt(this.#waiting.dueAt, now);
  }
}
