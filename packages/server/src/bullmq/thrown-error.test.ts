import { UnrecoverableError } from 'bullmq';
import { describe, expect, it } from 'vitest';

import { jobErrorOf } from './thrown-error.js';

describe('jobErrorOf', () => {
  it.each([
    [new Error('no space'), { code: 'JOB_FAILED', message: 'no space', retryable: true }],
    [new UnrecoverableError('not a PDF'), { code: 'JOB_FAILED', message: 'not a PDF', retryable: false }],
    [Object.assign(new Error('gone'), { code: 'ENOENT' }), { code: 'ENOENT', message: 'gone', retryable: true }],
    [Object.assign(new Error('full'), { code: 'QUOTA', retryable: false }), { code: 'QUOTA', message: 'full', retryable: false }],
    [Object.assign(new Error('x'), { code: 'C'.repeat(65) }), { code: 'C'.repeat(64), message: 'x', retryable: true }],
    [new Error(''), { code: 'JOB_FAILED', message: 'The job failed.', retryable: true }],
    ['just text', { code: 'JOB_FAILED', message: 'just text', retryable: true }],
    [undefined, { code: 'JOB_FAILED', message: 'The job failed.', retryable: true }],
  ])('tells of %s', (error, expected) => {
    expect(jobErrorOf(error)).toEqual(expected);
  });

  it('cuts a message to what a job may show', () => {
    expect(jobErrorOf(new Error('x'.repeat(2_000))).message).toHaveLength(500);
  });
});
