import { within, type Timing } from '../timing.js';
import { WireFault } from './wire-fault.js';

/** Rejected with by {@link withinRequestTime}. */
export class RequestTimeout extends WireFault {
  constructor(ms: number) {
    super('INTERNAL', 'The server cannot answer just now. Try again.', { cause: `no result within ${ms} ms` });
  }
}

/**
 * Settles as `work` does, or rejects with {@link RequestTimeout} after `ms`. The work itself goes on; what it rejects
 * with afterwards is nobody's concern any more.
 */
export function withinRequestTime<T>(work: Promise<T>, ms: number, timing: Timing): Promise<T> {
  const passed = (): never => {
    throw new RequestTimeout(ms);
  };
  return within(work, ms, timing, passed, false);
}
