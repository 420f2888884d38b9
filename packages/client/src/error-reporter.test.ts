import { expect, test, vi } from 'vitest';
import { createErrorReporter } from './error-reporter.js';

test('an error goes to onError alone; where there is none, to the last resort', () => {
  const [onError, lastResort] = [vi.fn(), vi.fn()];
  createErrorReporter(() => onError, lastResort)('first');
  expect([onError.mock.calls, lastResort.mock.calls]).toEqual([[['first']], []]);
  createErrorReporter(() => undefined, lastResort)('second');
  expect(lastResort.mock.calls).toEqual([['second']]);
});

test.each<[string, (error: unknown) => unknown]>([
  ['throws', (error) => { throw new Error(`about ${String(error)}`); }],
  ['rejects', async (error) => { throw new Error(`about ${String(error)}`); }],
])('an onError that %s harms nobody, and both errors reach the last resort', async (_title, onError) => {
  const lastResort = vi.fn();
  createErrorReporter(() => onError, lastResort)('it');
  await vi.waitFor(() => expect(lastResort).toHaveBeenCalled());
  expect(lastResort.mock.calls).toEqual([['it'], [new Error('about it')]]);
});
