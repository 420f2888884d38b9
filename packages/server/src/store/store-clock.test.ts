import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { StoreClock } from './store-clock.js';

const AHEAD = 3_600_000;

/** A store whose clock is an hour ahead, an answer of which arrives `ms` after it was asked for, `waited` of them after it was given. */
function fixture() {
  const timing = new ManualTiming();
  const clock = new StoreClock(timing);
  let ahead = AHEAD;
  const hear = ({ ms, waited }: { ms: number; waited: number }): void => {
    const askedAt = timing.monotonic();
    timing.advance(ms - waited);
    const storeTime = timing.now() + ahead;
    timing.advance(waited);
    clock.hear(storeTime, askedAt);
  };
  return { timing, clock, hear, setBack: (by: number) => (ahead -= by), behind: () => timing.now() + ahead - clock.now()! };
}

test('an answer is carried on for 5 s; then the store is asked', () => {
  const { timing, clock, hear, behind } = fixture();
  expect(clock.now()).toBeUndefined();
  hear({ ms: 0, waited: 0 });
  timing.advance(4_999);
  expect(behind()).toBe(0);
  timing.advance(1);
  expect(clock.now()).toBeUndefined();
});

test('an answer that waited in a busy process does not set the clock back', () => {
  const { timing, hear, behind } = fixture();
  hear({ ms: 4, waited: 2 });
  hear({ ms: 4_000, waited: 3_990 });
  expect(behind()).toBe(2);
  timing.advance(1_000);
  hear({ ms: 2, waited: 1 });
  expect(behind()).toBe(1);
});

test('a step of our own wall clock does not move what is carried on', () => {
  const { timing, clock, hear } = fixture();
  hear({ ms: 0, waited: 0 });
  const heard = clock.now()!;
  timing.stepWallClock(-3_600_000);
  timing.advance(1_000);
  expect(clock.now()).toBe(heard + 1_000);
  timing.stepWallClock(7_200_000);
  expect(clock.now()).toBe(heard + 1_000);
});

test("the store's clock is followed where it is set back, and where ours runs ahead", () => {
  const { hear, behind, setBack } = fixture();
  hear({ ms: 4, waited: 2 });
  setBack(60_000);
  hear({ ms: 4, waited: 2 });
  expect(Math.abs(behind())).toBeLessThanOrEqual(2);
});
