import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reconnectDelay } from './reconnect-delay.js';

test('the limit doubles from 2 s to 30 s, and half a second is the least', () => {
  expect([1, 2, 3, 4, 5, 50].map((failures) => Math.round(reconnectDelay(failures, 0.999_999)))).toEqual([
    2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  expect(reconnectDelay(9, 0)).toBe(500);
});

test('every delay lies between 0.5 s and 30 s', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
      const delay = reconnectDelay(failures, random);
      return delay >= 500 && delay <= 30_000;
    }),
  );
});
