import { expect, test } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { KeptPlaces } from './kept-places.js';

test('knows what has been there for a time, whatever happens to wall clocks', () => {
  const timing = new ManualTiming();
  const places = new KeptPlaces(timing);
  for (let place = 1; place <= 400; place++) {
    places.see(place);
    timing.advance(1_000);
    if (place === 200) timing.stepWallClock(3_600_000);
  }
  expect(places.seenBefore(500_000)).toBe(0);
  expect(places.seenBefore(300_000)).toBe(101);
  expect(places.seenBefore(0)).toBe(391);
});

test('begins anew where places begin anew', () => {
  const timing = new ManualTiming();
  const places = new KeptPlaces(timing);
  places.see(1_000);
  timing.advance(300_000);
  places.see(5);
  expect(places.seenBefore(300_000)).toBe(0);
  timing.advance(300_000);
  expect(places.seenBefore(300_000)).toBe(5);
});
