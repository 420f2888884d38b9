import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareVersions, formatVersion, isJobVersion, parseVersion, type JobVersion } from './index.js';

const versions = fc.tuple(
  fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 2 }), fc.nat({ max: 3 }), fc.integer({ min: 1, max: 3 }),
) satisfies fc.Arbitrary<JobVersion>;

it('orders versions totally: antisymmetric and transitive', () => {
  fc.assert(fc.property(versions, versions, versions, (a, b, c) => {
    expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) || 0);
    expect(compareVersions(a, b) === 0).toBe(a.join() === b.join());
    if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
  }));
});

it('compares attempt before rank before epoch before seq', () => {
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

it.each(['', '1', '1.0.0', '1.0.0.1.1', '0.0.0.1', '1.3.0.1', '1.0.0.0', '1.0.-1.1', '1.0.0.x', '1.0.0.1e99', '1..0.1', ' 1.0.0.1', '0x1.0.0.1', '1.0.0.01'])(
  'does not read %o as a version', (text) => expect(parseVersion(text)).toBeUndefined(),
);

it.each([undefined, null, 'x', [], [1, 0, 0], [1, 0, 0, '1'], [1.5, 0, 0, 1], [1, 0, 0, Number.MAX_VALUE], { length: 4 }])(
  'does not take %o for a version', (value) => expect(isJobVersion(value)).toBe(false),
);
