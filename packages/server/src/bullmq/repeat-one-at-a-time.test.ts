import { expect, it } from 'vitest';

import { ManualTiming } from '../testing/manual-timing.js';
import { repeatOneAtATime } from './repeat-one-at-a-time.js';

const settle = async (): Promise<void> => {
  for (let round = 0; round < 10; round++) await Promise.resolve();
};

it('never does a task twice at a time, however long it takes and whoever asks for it', async () => {
  const timing = new ManualTiming();
  let running = 0;
  let most = 0;
  let done = 0;
  let finish = (): void => undefined;
  const task = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise<void>((resolve) => (finish = resolve));
    running--;
    done++;
  };
  const repetition = repeatOneAtATime(task, 2_000, timing);
  await settle();
  const asked = [repetition.run(), repetition.run()];
  timing.advance(60_000);
  await settle();
  expect(done).toBe(0);
  for (let round = 0; round < 3; round++) {
    finish();
    await settle();
  }
  await Promise.all(asked);
  timing.advance(500);
  await settle();
  expect(running).toBe(1);
  const stopped = repetition.stop();
  finish();
  await stopped;
  timing.advance(60_000);
  await settle();
  expect({ most, done, running }).toEqual({ most: 1, done: 4, running: 0 });
});
