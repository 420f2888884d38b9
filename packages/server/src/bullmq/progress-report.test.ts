import { describe, expect, it } from 'vitest';

import { readProgress } from './progress-report.js';

describe('readProgress', () => {
  it.each([
    [40, { progress: 40 }],
    [-3, { progress: 0 }],
    [250, { progress: 100 }],
    [{ percentage: 5 }, { progress: 5 }],
    [{ percent: 6 }, { progress: 6 }],
    [
      { progress: 7, stage: 'SAVING', message: 'Page 3', metadata: { page: 3 }, other: true },
      { progress: 7, stage: 'SAVING', message: 'Page 3', metadata: { page: 3 } },
    ],
    [{ progress: 7, stage: 9, message: {}, metadata: [] }, { progress: 7 }],
    [{ progress: 7, metadata: null }, { progress: 7, metadata: null }],
  ])('reads %j', (value, expected) => {
    expect(readProgress(value)).toEqual(expected);
  });

  it.each([undefined, null, Number.NaN, 'half', true, {}, { progress: 'half' }, [50]])('reads nothing from %j', (value) => {
    expect(readProgress(value)).toBeUndefined();
  });
});
