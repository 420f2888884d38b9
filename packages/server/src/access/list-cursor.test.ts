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

  it.each([
    [5, 'a\u0000b', 0, 0], [5, '\uD800', 0, 0], [5, 'x'.repeat(129), 0, 0], [5, {}, 0, 0],
    [5, 0, 'not a date', 'job'], [5, 0, '2026-11-23T12:00:00.000Z', 'a\u0000b'], [5, 0, '2026-11-23T12:00:00.000Z', 0],
    [5, 0, '2026-11-23T12:00:00.000Z\u0000', 'job'], [5, 0, '2026-11-23 (\u0000)', 'job'], [5, 0, `2026${' '.repeat(50)}`, 'job'], [5, 0, 0, 'job'],
    [1e308, 0, 0, 0], [2 ** 53, 0, 0, 0], [2 ** 53 - 1, 0, 0, 0], [0.5, 0, 0, 0],
  ])('begins anew where a part of it is nothing that a store could have said: %j', (...parts) => {
    expect(decodeCursor(encode([1, ...parts]))).toBeUndefined();
  });
});
