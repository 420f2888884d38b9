import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { StoreClockWatch } from './store-clock-watch.js';

function fixture() {
  const timing = new ManualTiming();
  const watch = new StoreClockWatch(timing);
  let ahead = 7_000;
  const look = (takesMs = 0): number => {
    const askedAt = timing.monotonic();
    const storeTime = timing.now() + ahead;
    timing.advance(takesMs);
    watch.look(storeTime, askedAt);
    return watch.steadyForMs;
  };
  return { timing, watch, look, step: (ms: number) => (ahead += ms) };
}

test('counts from the first look on, slow answers included', () => {
  const { timing, watch, look } = fixture();
  expect(watch.steadyForMs).toBe(0);
  look();
  for (const takesMs of [0, 4_000, 9_000, 0]) {
    timing.advance(10_000);
    look(takesMs);
  }
  expect(watch.steadyForMs).toBe(53_000);
});

test.each([['back', -5_000], ['forward', 5_000]])('begins anew when the clock of the store is set %s', (_, ms) => {
  const { timing, look, step } = fixture();
  look();
  timing.advance(10_000);
  step(ms);
  expect(look()).toBe(0);
  timing.advance(10_000);
  expect(look()).toBe(10_000);
});

test('begins anew after the store was away, and after this process was suspended', () => {
  const { timing, watch, look } = fixture();
  look();
  timing.advance(10_000);
  watch.lose();
  expect(watch.steadyForMs).toBe(0);
  expect(look()).toBe(0);
  timing.advance(30_001);
  expect(look()).toBe(0);
});

test('a step of the own wall clock is none of the store', () => {
  const { timing, watch, look, step } = fixture();
  look();
  timing.stepWallClock(3_600_000);
  step(-3_600_000);
  timing.advance(10_000);
  look();
  expect(watch.steadyForMs).toBe(10_000);
});
