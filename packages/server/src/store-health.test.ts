import { expect, test } from 'vitest';
import { ManualTiming } from '../tests/manual-timing.js';
import type { JobEventsServerError } from './server-errors.js';
import { StoreHealth } from './store-health.js';

function fixture() {
  const timing = new ManualTiming();
  const errors: JobEventsServerError[] = [];
  const health = new StoreHealth({ store: 'store', timing, onError: (error) => errors.push(error), consequence: 'it is tried again.' });
  return { timing, health, errors, codes: () => errors.map(({ code }) => code) };
}
const boom = new Error('It is away.');

test('an outage is reported once and its return once, with how much failed and began without the store', () => {
  const { timing, health, errors } = fixture();
  health.failed('heartbeat', boom);
  for (let job = 1; job <= 3; job++) health.begunWithout(job, `j${job}`);
  health.failed('heartbeat', boom);
  timing.advance(4_000);
  for (const call of [1, 2, 3, 'heartbeat', 'heartbeat']) health.succeeded(call);
  expect(errors.map(({ code, store, message }) => [code, store, message])).toEqual([
    ['STORE_FAILED', 'store', 'The store failed; it is tried again. It is away.'],
    ['STORE_RESTORED', 'store', 'The store works again after 4 seconds and 2 failed calls. 3 jobs began without it.'],
  ]);
});

test('a call that fails on while others succeed is one outage, until it succeeds', () => {
  const { timing, health, codes } = fixture();
  for (let second = 0; second < 100; second++) {
    health.failed('refused', boom);
    health.succeeded(`another ${second}`);
    timing.advance(1_000);
  }
  expect(codes()).toEqual(['STORE_FAILED']);
  health.succeeded('refused');
  expect(codes()).toEqual(['STORE_FAILED', 'STORE_RESTORED']);
});

test('a call that nobody repeats keeps an outage open for 30 s', () => {
  const { timing, health, codes } = fixture();
  health.failed('given up', boom);
  timing.advance(29_999);
  health.succeeded('another');
  expect(codes()).toEqual(['STORE_FAILED']);
  timing.advance(1);
  health.succeeded('another');
  expect(codes()).toEqual(['STORE_FAILED', 'STORE_RESTORED']);
});

test('a batch of which a part fails reports no return in between', () => {
  const { health, codes } = fixture();
  for (let round = 0; round < 3; round++) health.answered('write', ['a', 'refused', 'b'], new Map([['refused', boom]]));
  expect(codes()).toEqual(['STORE_FAILED']);
});
