import { afterEach, expect, test, vi } from 'vitest';
import { createVirtualClock } from './testing/virtual-clock.js';
import { createAlarm, realTiming } from './timing.js';

afterEach(() => void vi.useRealTimers());

test('an alarm goes off once, at the time that was set last', async () => {
  const clock = createVirtualClock();
  const alarm = createAlarm(clock);
  const rung: string[] = [];
  alarm(1_000, () => rung.push('first'));
  alarm(2_000, () => rung.push('second'));
  await clock.advance('10s');
  expect(rung).toEqual(['second']);
});

test('an alarm that is set for then or sooner keeps the sooner time, and forgets it when it has gone off', async () => {
  const clock = createVirtualClock();
  const alarm = createAlarm(clock);
  const rung: string[] = [];
  alarm(1_000, () => rung.push('first'));
  alarm(2_000, () => rung.push('second'), true);
  await clock.advance('3s');
  alarm(2_000, () => rung.push('third'), true);
  alarm(1_000, () => rung.push('fourth'), true);
  await clock.advance('3s');
  expect(rung).toEqual(['first', 'fourth']);
});

test('a time that is longer than a timer can be, such as for ever, does not go off at once', async () => {
  vi.useFakeTimers();
  const rung = vi.fn();
  createAlarm(realTiming)(Infinity, rung);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(rung).not.toHaveBeenCalled();
});
