import type { Timing } from '../timing.js';

/** Milliseconds, or such as `'250ms'`, `'10s'`, `'5m'`, `'1h'`. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h'}`;

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

export function milliseconds(duration: Duration): number {
  if (typeof duration === 'number') return duration;
  const [, amount, unit] = /^([\d.]+)(ms|s|m|h)$/.exec(duration) ?? [];
  if (amount === undefined) throw new TypeError(`'${duration}' is no duration; write such as '10s'.`);
  return Number(amount) * UNITS[unit as keyof typeof UNITS];
}

interface Timer {
  readonly callback: () => void;
  /** On the monotonic clock. */
  readonly due: number;
}

/** A clock that goes only when it is told to. Touches no global, so it works beside a test runner's fake timers. */
export interface VirtualClock extends Timing {
  /** Lets time pass: timers fire in order, and promises settle in between. */
  advance(duration: Duration): Promise<void>;
  /** Wall time passes while the device sleeps: the monotonic clock and all timers stand still. */
  sleep(duration: Duration): void;
  /** Steps the wall clock alone, as NTP does: negative is back. No timer moves. */
  stepWallClock(ms: number): void;
  /** The same time for a page that can go away, and its timers with it. */
  page(): Timing & { readonly unload: () => void };
  /** How many timers are waiting. */
  readonly pending: number;
}

/** `random`: 0.5 by default, so that jitter is in the middle. */
export function createVirtualClock({ start = Date.UTC(2026, 0, 1), random = () => 0.5 as number } = {}): VirtualClock {
  let monotonic = 0;
  /** What the wall clock shows when the monotonic one shows 0. */
  let origin = start;
  const timers = new Set<Timer>();

  const nextDue = (until: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) if (timer.due <= until && (!next || timer.due < next.due)) next = timer;
    return next;
  };

  const timing: Timing = {
    now: () => origin + monotonic,
    monotonic: () => monotonic,
    random,
    setTimeout(callback, ms) {
      // In whole milliseconds, as real timers: a clock that has rounded never reaches a fraction of one.
      const timer = { callback, due: monotonic + Math.ceil(Math.max(0, ms)) };
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => void timers.delete(timer as Timer),
  };

  return {
    ...timing,
    page() {
      let isOpen = true;
      const ifOpen = (callback: () => void) => () => void (isOpen && callback());
      return {
        ...timing,
        setTimeout: (callback, ms) => timing.setTimeout(ifOpen(callback), ms),
        unload: () => void (isOpen = false),
      };
    },
    async advance(duration) {
      const until = monotonic + milliseconds(duration);
      await settlePromises();
      for (let timer = nextDue(until); timer; timer = nextDue(until)) {
        timers.delete(timer);
        monotonic = timer.due;
        timer.callback();
        await settlePromises();
      }
      monotonic = until;
    },
    sleep(duration) {
      origin += milliseconds(duration);
    },
    stepWallClock(ms) {
      origin += ms;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** More turns than the longest chain of promises in the client has. */
async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await undefined;
}
