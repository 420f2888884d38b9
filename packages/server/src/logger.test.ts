import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultReporter, guardedOnError, type OnError } from './logger.js';
import { JobEventsServerError } from './server-errors.js';
import { createMetrics } from './telemetry/metrics.js';

const fault = new JobEventsServerError('STORE_FAILED', 'It is away.');
const unhandled: unknown[] = [];
const keep = (reason: unknown): number => unhandled.push(reason);
const failing: [string, OnError][] = [
  ['throws', () => { throw new Error('No network either.'); }],
  ['rejects', async () => Promise.reject(new Error('No network either.'))],
];

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', keep);
});
afterEach(() => void process.off('unhandledRejection', keep));

test.each(failing)('an onError that %s does not reach the process', async (_how, onError) => {
  guardedOnError(onError)(fault);
  faultReporter({ onError, logger: console, metrics: createMetrics(undefined) })(fault);
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});
