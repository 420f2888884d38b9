import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EmitterWorld } from './emitter-world.js';

type Step = readonly [name: keyof EmitterWorld['steps'], which: number, amount: number];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 23) });
});
afterEach(() => {
  vi.useRealTimers();
});

test('real emitters break no promise, whatever the schedule of faults', async () => {
  const names = Object.keys(new EmitterWorld().steps) as Step[0][];
  const schedules = fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(1), fc.nat(100)), { minLength: 1, maxLength: 60, size: 'max' });
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      vi.clearAllTimers();
      const world = new EmitterWorld();
      for (const [name, which, amount] of schedule) await world.step(name, which, amount);
      await world.settle();
      expect([...world.judge()]).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
