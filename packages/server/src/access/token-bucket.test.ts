import { describe, expect, it } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { TokenBucket } from './token-bucket.js';

const takeAll = (bucket: TokenBucket): number => {
  let taken = 0;
  while (bucket.take()) taken += 1;
  return taken;
};

describe('a token bucket', () => {
  it('lets a burst through, and then as much as flows in', () => {
    const timing = new ManualTiming();
    const bucket = new TokenBucket({ perSecond: 20, burst: 50, timing });
    expect(takeAll(bucket)).toBe(50);
    timing.advance(1_000);
    expect(takeAll(bucket)).toBe(20);
    timing.advance(60_000);
    expect(bucket.isFull).toBe(true);
    expect(takeAll(bucket)).toBe(50);
  });

  it('lets through what costs more than is left, and refuses until that is paid', () => {
    const timing = new ManualTiming();
    const bucket = new TokenBucket({ perSecond: 100, burst: 300, timing });
    expect([bucket.take(200), bucket.take(200), bucket.take(1)]).toEqual([true, true, false]);
    expect(bucket.waitMs).toBeCloseTo(1_010);
    timing.advance(1_000);
    expect(bucket.take(1)).toBe(false);
    timing.advance(bucket.waitMs);
    expect([bucket.take(1), bucket.take(1)]).toEqual([true, false]);
  });

  it('takes what is known only afterwards', () => {
    const timing = new ManualTiming();
    const bucket = new TokenBucket({ perSecond: 1, burst: 5, timing });
    bucket.spend(7);
    expect(bucket.waitMs).toBe(3_000);
  });

  it('is not filled by a wall clock that is set', () => {
    const timing = new ManualTiming();
    const bucket = new TokenBucket({ perSecond: 20, burst: 50, timing });
    expect(bucket.take(50)).toBe(true);
    timing.stepWallClock(3_600_000);
    expect(bucket.take()).toBe(false);
    timing.stepWallClock(-7_200_000);
    timing.advance(1_000);
    expect(takeAll(bucket)).toBe(20);
  });

  it('without a limit never owes anything', () => {
    const bucket = new TokenBucket({ perSecond: Infinity, burst: Infinity, timing: new ManualTiming() });
    expect([bucket.take(1e9), bucket.take(), bucket.waitMs, bucket.isFull]).toEqual([true, true, 0, true]);
    const slow = new TokenBucket({ perSecond: Infinity, burst: 5, timing: new ManualTiming() });
    expect([slow.take(5), slow.take()]).toEqual([true, false]);
  });
});
