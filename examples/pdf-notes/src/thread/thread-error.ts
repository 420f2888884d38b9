import { JobEventsError } from '@notes/job-events-protocol';

const MESSAGES = {
  THREAD_TOO_SLOW: 'The thread was stopped: it took longer than it was allowed to.',
  THREAD_TOO_HEAVY: 'The thread was stopped: it took more memory than it was allowed to.',
  THREAD_THREW: 'The work in the thread failed.',
} as const;

/** Why a thread has no result. */
export class ThreadError extends JobEventsError<keyof typeof MESSAGES> {
  /** The code of what the work threw, where it had one. */
  readonly thrownCode: string | undefined;

  constructor(code: keyof typeof MESSAGES, { cause, thrownCode }: { cause?: unknown; thrownCode?: string | undefined } = {}) {
    super(code, MESSAGES[code], { cause });
    this.thrownCode = thrownCode;
  }
}
