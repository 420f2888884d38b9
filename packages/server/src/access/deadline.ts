import { within, type Timing } from '../timing.js';
import { WireFault } from './wire-fault.js';

/** Rejected with by {@link withinDeadline}. */
export class DeadlinePassed extends WireFault {
  constructor(ms: number) {
    super('INTERNAL', 'The server cannot answer just now. Try again.', { cause: `no result within ${ms} ms` });
  }
}

/**
 * Settles as `work` does, or rejects with {@link DeadlinePassed} after `ms`. The work itself goes on; what it rejects
 * with afterwards is nobody's concern any more.
 */
export function withinDeadline<T>(work: Promise<T>, ms: number, timing: Timing): Promise<T> {
  const passed = (): never => {
    throw new DeadlinePassed(ms);
  };
  return within(work, ms, timing, passed, false);
}
