import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { QueueJob } from '../store/job-record.js';
import type { StateWrite, WriteResult } from '../store/job-store.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Timing } from '../timing.js';
import type { AnnouncementTarget } from './announcement-target.js';
import type { Announcer } from './announcer.js';
import { dueAt, type Throttle } from './coalescing-window.js';
import type { ProgressSource, ProgressWriter } from './progress-writer.js';

/** What every reporter of an emitter shares to say progress with. */
export interface ProgressPath {
  readonly announcer: Announcer;
  readonly writer: ProgressWriter;
  readonly throttle: Throttle;
  readonly timing: Timing;
  readonly metrics: Metrics;
}

export interface ProgressChannelOptions {
  readonly jobId: string;
  readonly userId: string;
  readonly by: StateWrite['by'];
  readonly queueJob: QueueJob | undefined;
  /** Told what the store made of a state that was said. */
  readonly onResult: (snapshot: AnyJobSnapshot, result: WriteResult) => void;
}

/** The progress of one job on its way out: what comes too fast is coalesced; the rest is broadcast first and written behind. */
export class ProgressChannel implements ProgressSource {
  readonly #path: ProgressPath;
  readonly #options: ProgressChannelOptions;
  readonly #target: AnnouncementTarget;
  /** One object for all that is sent: what lives from event to event costs the garbage collector more than what does not. */
  #sent: { shown: AnyJobSnapshot; at: number } | undefined;
  #unwritten: AnyJobSnapshot | undefined;
  isListed = false;
  #waiting: { readonly snapshot: AnyJobSnapshot; readonly dueAt: number } | undefined;
  #timer: { readonly id: unknown; readonly at: number } | undefined;

  constructor(path: ProgressPath, options: ProgressChannelOptions) {
    this.#path = path;
    this.#options = options;
    this.#target = path.announcer.target(options.userId, options.jobId);
  }

  /** Takes the newest state; it goes out now or, if nothing newer comes, soon. */
  say(snapshot: AnyJobSnapshot): void {
    if (this.#waiting !== undefined) this.#path.metrics.coalesced();
    const now = this.#path.timing.monotonic();
    const due = dueAt(this.#sent, snapshot, now, this.#path.throttle);
    if (due <= now) return this.#send(snapshot, now);
    this.#waiting = { snapshot, dueAt: due };
    this.#wakeAt(due, now);
  }

  /** Broadcasts a state that is stored already. */
  announce(snapshot: AnyJobSnapshot, now = this.#path.timing.monotonic()): void {
    if (this.#sent === undefined) this.#sent = { shown: snapshot, at: now };
    else {
      this.#sent.shown = snapshot;
      this.#sent.at = now;
    }
    this.#path.announcer.announceTo(this.#target, snapshot);
  }

  /** Has a state written behind, without telling anybody. */
  store(snapshot: AnyJobSnapshot): void {
    this.#unwritten = snapshot;
    this.#path.writer.put(this.#options.jobId, this);
  }

  /** What of this job is to be written. */
  get unwritten(): StateWrite {
    const { userId, by, queueJob } = this.#options;
    return { userId, snapshot: this.#unwritten!, by, ...(queueJob && { queueJob }) };
  }

  /** What the store made of it. */
  wrote(snapshot: AnyJobSnapshot, result: WriteResult): void {
    this.#options.onResult(snapshot, result);
  }

  /** What waits goes out at once. */
  flush(): void {
    if (this.#waiting !== undefined) this.#send(this.#waiting.snapshot, this.#path.timing.monotonic());
  }

  /** What waits is dropped. */
  close(): void {
    this.#waiting = undefined;
    this.#path.timing.clearTimeout(this.#timer?.id);
    this.#timer = undefined;
  }

  #send(snapshot: AnyJobSnapshot, now: number): void {
    if (this.#waiting !== undefined || this.#timer !== undefined) this.close();
    this.announce(snapshot, now);
    this.store(snapshot);
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
    const now = this.#path.timing.monotonic();
    if (this.#waiting.dueAt <= now) this.#send(this.#waiting.snapshot, now);
    else this.#wakeAt(this.#waiting.dueAt, now);
  }
}
