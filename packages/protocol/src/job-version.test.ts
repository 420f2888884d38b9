import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareVersions, formatVersion, isJobVersion, parseVersion, termOf, withTerm, type JobVersion } from './index.js';

const parts = [fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 2 }), fc.nat({ max: 3 }), fc.integer({ min: 1, max: 3 })] as const;
const versions: fc.Arbitrary<JobVersion> = fc.oneof(fc.tuple(...parts), fc.tuple(...parts, fc.nat({ max: 2 })));

it('orders versions totally: antisymmetric and transitive', () => {
  fc.assert(fc.property(versions, versions, versions, (a, b, c) => {
    expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) || 0);
    expect(compareVersions(a, b) === 0).toBe(withTerm(a, 9).join() === withTerm(b, 9).join() && termOf(a) === termOf(b));
    if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
  }));
});

it('compares term before attempt before rank before epoch before seq', () => {
  expect(compareVersions([1, 0, 0, 1, 1], [2, 2, 9, 9])).toBeGreaterThan(0);
  expect(compareVersions([1, 0, 0, 1, 5], [2, 2, 9, 9, 4])).toBeGreaterThan(0);
  expect(compareVersions([1, 0, 0, 1, 0], [1, 0, 0, 1])).toBe(0);
  expect(compareVersions([2, 0, 0, 1], [1, 2, 9, 9])).toBeGreaterThan(0);
  expect(compareVersions([1, 1, 0, 1], [1, 0, 9, 9])).toBeGreaterThan(0);
  expect(compareVersions([1, 0, 2, 1], [1, 0, 1, 9])).toBeGreaterThan(0);
  expect(compareVersions([1, 0, 1, 2], [1, 0, 1, 1])).toBeGreaterThan(0);
});

it('reads back what it has written', () => {
  fc.assert(fc.property(versions, (version) => {
    expect(parseVersion(formatVersion(version))).toEqual(version);
  }));
});

it.each(['', '1', '1.0.0', '1.0.0.1.1.1', '1.0.0.1.-1', '1.0.0.1.', '0.0.0.1', '1.3.0.1', '1.0.0.0', '1.0.-1.1', '1.0.0.x', '1.0.0.1e99', '1..0.1', ' 1.0.0.1', '0x1.0.0.1', '1.0.0.01'])(
  'does not read %o as a version', (text) => expect(parseVersion(text)).toBeUndefined(),
);

it.each([undefined, null, 'x', [], [1, 0, 0], [1, 0, 0, '1'], [1.5, 0, 0, 1], [1, 0, 0, Number.MAX_VALUE], { length: 4 }])(
  'does not take %o for a version', (value) => expect(isJobVersion(value)).toBe(false),
);
