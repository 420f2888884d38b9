import { expect, test } from 'vitest';
import { ManualTiming } from '../testing/manual-timing.js';
import { settleBeforeClose } from './settle-before-close.js';

test('what is not answered within 5 s is given up, and both that may be silent are named', async () => {
  const timing = new ManualTiming();
  const errors: string[] = [];
  const settled = settleBeforeClose(new Promise(() => undefined), 'pdf', { timing, onError: ({ code, message }) => errors.push(`${code} ${message}`) });
  timing.advance(5_000);
  await settled;
  expect(errors).toEqual([
    "BRIDGE_FAILED What became of the latest jobs of the queue 'pdf' could not be reported: the queue or the store did not answer within 5000 ms. Was the queue closed before, or is the store away?",
  ]);
});
