import { checkTimeout, Deadline } from '../deadline.js';
import { CLOSE_TIMEOUT_MS, type CloseOptions, type CloseResult, type UnstoredEnd } from '../emitter/index.js';
import { guardedOnError, type OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { realTiming, type Timing } from '../timing.js';

/** What an application may say of its shutdown. */
export interface ShutdownOptions {
  /** Called last on shutdown, after everything has been sent and stored. */
  readonly close?: (() => Promise<void>) | undefined;
  /**
   * How long the runs of this process, the store and `close` are waited for in all when the application shuts down, in
   * ms. Default: 20,000, within the 30 s that Kubernetes gives a process.
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Called on shutdown with the ends that could not be stored, if there are any, before `close`. They are plain JSON: keep
   * them, and give them to `emitter.restoreEnds` when the application starts again.
   */
  readonly onUnstoredEnds?: ((ends: readonly UnstoredEnd[]) => void | Promise<void>) | undefined;
}

/** The shares of the time that are kept for the first flush, and for `onUnstoredEnds` and `close`. */
const FLUSHING_SHARE = 0.25;
const CLOSING_SHARE = 0.25;

interface Reporting {
  flush(options: CloseOptions): Promise<void>;
  close(options: CloseOptions): Promise<CloseResult>;
}

/** Shuts down what reports, then the connections. The waiting of both hooks together has one total time. */
export class Shutdown {
  readonly #reporting: Reporting;
  readonly #options: ShutdownOptions;
  readonly #timing: Timing;
  readonly #onError: OnError;
  #leftMs: number;

  /** @throws JobEventsServerError `INVALID_OPTIONS` */
  constructor(reporting: Reporting, options: ShutdownOptions & { readonly onError?: OnError | undefined; readonly timing?: Timing | undefined }) {
    this.#reporting = reporting;
    this.#options = options;
    this.#timing = options.timing ?? realTiming;
    this.#onError = guardedOnError(options.onError);
    this.#leftMs = checkTimeout('closeTimeoutMs', options.closeTimeoutMs ?? CLOSE_TIMEOUT_MS);
  }

  /** While the sockets are open: whoever watches sees the last of it. */
  async flush(): Promise<void> {
    const begunAt = this.#timing.monotonic();
    await this.#reporting.flush({ timeoutMs: this.#leftMs * FLUSHING_SHARE });
    this.#leftMs -= this.#timing.monotonic() - begunAt;
  }

  /** After the workers of the application. Never rejects. */
  async close(): Promise<void> {
    const deadline = new Deadline(Math.max(0, this.#leftMs), this.#timing);
    const { unstoredEnds } = await this.#reporting.close({ timeoutMs: deadline.leaving(CLOSING_SHARE).remainingMs });
    let step = 'onUnstoredEnds';
    const closing = this.#closeConnections(unstoredEnds, (next) => (step = next));
    if (!(await deadline.settles(closing))) this.#report(`${step} did not end within closeTimeoutMs, and is not waited for any longer.`);
  }

  async #closeConnections(unstoredEnds: readonly UnstoredEnd[], onStep: (step: string) => void): Promise<void> {
    const { onUnstoredEnds, close } = this.#options;
    try {
      if (unstoredEnds.length > 0) await onUnstoredEnds?.(unstoredEnds);
    } catch (cause) {
      this.#report('onUnstoredEnds failed: the ends that could not be stored are in the errors STORE_UNAVAILABLE only.', cause);
    }
    onStep('close of the connections');
    try {
      await close?.();
    } catch (cause) {
      this.#report('close of the connections failed.', cause);
    }
  }

  #report(message: string, cause?: unknown): void {
    this.#onError(new JobEventsServerError('HANDLER_FAILED', message, { cause }));
  }
}
