import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, type ListCursor } from './list-cursor.js';

describe('a list cursor', () => {
  const cursors: ListCursor[] = [
    { since: 0 },
    { since: 1_795_000_000_000, afterJobId: 'job-7' },
    { since: 5, below: { createdAt: '2026-11-23T12:00:00.000Z', jobId: 'a:b' } },
    { since: 5, afterJobId: 'x', below: { createdAt: '2026-11-23T12:00:00.000Z', jobId: 'y' } },
  ];
  it.each(cursors)('comes back as it was: %j', (cursor) => {
    expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  });

  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    undefined, '', 'nonsense', encode({}), encode([1, 2]), encode([2, 5, 0, 0, 0]), encode([1, -5, 0, 0, 0]),
    encode([1, '5', 0, 0, 0]), encode([1, null, 0, 0, 0]), 'A'.repeat(10_000),
  ])('begins anew where it cannot be read: %j', (text) => {
    expect(decodeCursor(text)).toBeUndefined();
  });

  it('leaves out a page position that cannot be one', () => {
    expect(decodeCursor(encode([1, 5, 0, 'not a date', 'job']))).toEqual({ since: 5 });
  });
});
