import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { inTermOf, nextVersion, progressState, type Progress, type ReportSubject } from './compose-state.js';
import { ProgressChannel, type ProgressChannelOptions, type ProgressPath } from './progress-channel.js';

/** What a reporter said last of one job under its epoch, on its way out through a channel. */
export class ReportedState {
  readonly #channel: ProgressChannel;
  #current: AnyJobSnapshot;

  constructor(path: ProgressPath, options: ProgressChannelOptions, stored: AnyJobSnapshot) {
    this.#channel = new ProgressChannel(path, options);
    this.#current = stored;
  }

  get current(): AnyJobSnapshot {
    return this.#current;
  }

  /** Reports how far the job is, throttled. */
  report(subject: ReportSubject, said: Progress): AnyJobSnapshot {
    this.#channel.say(this.#next(subject, said));
    return this.#current;
  }

  /** Reports the same again, at once: what others show of the job is wrong. */
  repeat(subject: ReportSubject, said: Progress): void {
    this.#channel.announce(this.#next(subject, said));
    this.store();
  }

  /** Broadcasts it. */
  announce(): void {
    this.#channel.announce(this.#current);
  }

  /** Has it stored, without a broadcast. */
  store(): void {
    this.#channel.store(this.#current);
  }

  /** A store that forgot the job has had a later term of it meanwhile: what was said last is seen only in that. */
  followTerm(stored: AnyJobSnapshot): void {
    const current = inTermOf(this.#current, stored);
    if (current === this.#current) return;
    this.#current = current;
    this.announce();
  }

  /** What is throttled goes out at once. */
  flush(): void {
    this.#channel.flush();
  }

  /** What is throttled is dropped. */
  close(): void {
    this.#channel.close();
  }

  #next(subject: ReportSubject, said: Progress): AnyJobSnapshot {
    this.#current = progressState({ ...subject, current: this.#current }, said, nextVersion(this.#current.version));
    return this.#current;
  }
}
