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

  it('takes nothing away when the clock is set back', () => {
    const timing = new ManualTiming();
    const bucket = new TokenBucket({ perSecond: 20, burst: 50, timing });
    expect(bucket.take()).toBe(true);
    timing.advance(-3_600_000);
    expect(takeAll(bucket)).toBe(49);
  });
});
