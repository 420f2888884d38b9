import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { snapshot, snapshots } from '../tests/arbitraries.js';
import { isJobId, isJobSnapshot, isUserId } from './index.js';

describe('isJobSnapshot', () => {
  it('accepts every snapshot, also after a journey through JSON', () => {
    fc.assert(fc.property(snapshots, (value) => {
      expect(isJobSnapshot(JSON.parse(JSON.stringify(value)))).toBe(true);
    }));
  });

  it('accepts fields that it does not know', () => {
    expect(isJobSnapshot({ ...snapshot({ version: [1, 0, 0, 1] }), somethingNew: 1 })).toBe(true);
  });

  it('says no to anything else, and never throws', () => {
    fc.assert(fc.property(fc.anything(), (value) => {
      expect(isJobSnapshot(value)).toBe(false);
    }));
  });

  it.each([
    ['no id', { jobId: undefined }],
    ['an unknown status', { status: 'paused' }],
    ['a percentage over 100', { progress: 101 }],
    ['a percentage that is no number', { progress: NaN }],
    ['a rank that is not the status’', { version: [1, 2, 0, 1] }],
    ['a failure without an error', { status: 'failed', version: [1, 2, 0, 1] }],
    ['an error without a code', { error: { message: 'm', retryable: true } }],
    ['metadata that is a list', { metadata: [] }],
    ['a message that is no text', { message: 5 }],
    ['no timestamp', { timestamp: undefined }],
  ])('says no to %s', (_what, fields) => {
    expect(isJobSnapshot({ ...snapshot({ version: [1, 0, 0, 1] }), ...fields })).toBe(false);
  });
});

describe('identifiers', () => {
  it.each(['a', '_', 'queue:17', 'A.b-c_d:e', '0'.repeat(128)])('takes %o as a job id', (id) => expect(isJobId(id)).toBe(true));
  it.each(['', '-a', '.a', ':a', 'a b', 'ä', 'a/b', '0'.repeat(129), 5, null, ['a']])(
    'does not take %o as a job id', (id) => expect(isJobId(id)).toBe(false));
  it.each(['u', 'tenant/7 user:ä', 'x'.repeat(128)])('takes %o as a user id', (id) => expect(isUserId(id)).toBe(true));
  it.each(['', 'a\nb', '\u0000', '\u2028', '\ud800', 'x'.repeat(129), 7, {}])('does not take %o as a user id', (id) => expect(isUserId(id)).toBe(false));
});
