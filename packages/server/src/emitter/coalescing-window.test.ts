import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dueAt, SILENCE_MS, type Sent, type Shown, type Throttle } from './coalescing-window.js';

const throttle: Throttle = { intervalMs: 100, stepPercent: 1 };
const state = (progress: number, stage = 'A', message?: string): Shown => ({ stage, progress, ...(message !== undefined && { message }) });
const sentAt = (at: number, shown: Shown): Sent => ({ at, shown });

test('the first state goes out at once', () => {
  expect(dueAt(undefined, state(0), 7, throttle)).toBe(7);
});

test('a new stage goes out at once, however lately something was sent', () => {
  expect(dueAt(sentAt(1_000, state(10, 'A')), state(10, 'B'), 1_001, throttle)).toBe(1_001);
});

test('a step waits until the interval is over, and not longer', () => {
  const sent = sentAt(1_000, state(10));
  expect(dueAt(sent, state(11), 1_020, throttle)).toBe(1_100);
  expect(dueAt(sent, state(11), 1_300, throttle)).toBe(1_300);
});

test('less than a step goes out after a second of silence', () => {
  expect(dueAt(sentAt(1_000, state(10)), state(10.9), 1_500, throttle)).toBe(1_500 + SILENCE_MS);
});

test('a new message without a step goes out a second after the last event, silence or not', () => {
  expect(dueAt(sentAt(1_000, state(10, 'A', 'page 1')), state(10, 'A', 'page 2'), 1_900, throttle)).toBe(2_000);
});

test('every ten percent of a steady job: ten events and the last value', () => {
  expect(eventsOf(steadyJob(100, 50), { intervalMs: 100, stepPercent: 10 })).toEqual([1, 11, 21, 31, 41, 51, 61, 71, 81, 91, 100]);
});

test('without interval and step everything goes out', () => {
  expect(eventsOf(steadyJob(5, 0), { intervalMs: 0, stepPercent: 0 })).toEqual([1, 2, 3, 4, 5]);
});

test('whatever is said, steps of one stage are an interval apart and the last value goes out', () => {
  const reports = fc.array(fc.record({ after: fc.nat(300), progress: fc.nat(100) }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(reports, (steps) => {
      let at = 0;
      const events = play(steps.map(({ after, progress }) => ({ at: (at += after), shown: state(progress) })), throttle);
      expect(events.at(-1)?.shown.progress).toBe(steps.at(-1)?.progress);
      for (const [index, event] of events.entries()) {
        if (index > 0) expect(event.at - events[index - 1]!.at).toBeGreaterThanOrEqual(throttle.intervalMs);
      }
    }),
  );
});

const steadyJob = (steps: number, everyMs: number): Sent[] =>
  Array.from({ length: steps }, (_, index) => ({ at: index * everyMs, shown: state(index + 1) }));

const eventsOf = (said: readonly Sent[], using: Throttle): number[] => play(said, using).map(({ shown }) => shown.progress);

/** Lets states arrive at their times; the newest replaces what waits. */
function play(said: readonly Sent[], using: Throttle): Sent[] {
  const events: Sent[] = [];
  for (const [index, { at, shown }] of said.entries()) {
    const due = dueAt(events.at(-1), shown, at, using);
    const next = said[index + 1]?.at ?? Infinity;
    if (due <= at || due < next) events.push({ shown, at: due });
  }
  return events;
}
