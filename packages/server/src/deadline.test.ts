import { expect, test } from 'vitest';
import { checkTimeout, Deadline } from './deadline.js';
import { ManualTiming } from './testing/manual-timing.js';

const never = (): Promise<never> => new Promise(() => undefined);

test('several steps share one total time', async () => {
  const timing = new ManualTiming();
  const deadline = new Deadline(1_000, timing);
  const first = deadline.settles(never());
  timing.advance(600);
  expect(deadline.remainingMs).toBe(400);
  timing.advance(400);
  expect(await first).toBe(false);
  const second = deadline.settles(never());
  timing.advance(0);
  expect(await second).toBe(false);
});

test('what settles in time keeps no timer, resolved or rejected', async () => {
  const timing = new ManualTiming();
  const deadline = new Deadline(1_000, timing);
  expect(await deadline.settles(Promise.resolve())).toBe(true);
  expect(await deadline.settles(Promise.reject(new Error('no')))).toBe(true);
  expect(timing.pending).toBe(0);
});

test('a deadline leaves a share of the time to the steps after it', () => {
  const timing = new ManualTiming();
  const deadline = new Deadline(1_000, timing);
  expect(deadline.leaving(0.25).remainingMs).toBe(750);
  timing.advance(600);
  expect(deadline.leaving(0.25).remainingMs).toBe(300);
});

test.each([-1, Number.NaN, Infinity, '5' as never])('refuses %s as a time, and says what fits', (ms) => {
  expect(() => checkTimeout('timeoutMs', ms)).toThrow(/timeoutMs must be a number of milliseconds from 0/);
});
