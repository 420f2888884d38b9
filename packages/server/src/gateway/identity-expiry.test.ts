import { describe, expect, it } from 'vitest';
import { ManualTiming } from '../../tests/manual-timing.js';
import { IdentityExpiry } from './identity-expiry.js';

function setUp() {
  const timing = new ManualTiming();
  const events: string[] = [];
  const expiry = new IdentityExpiry({
    timing,
    onExpiring: (expiresAt) => events.push(`expiring in ${(expiresAt - timing.now()) / 1_000} s`),
    onExpired: () => events.push('expired'),
  });
  const inSeconds = (seconds: number) => ({ userId: 'alice', expiresAt: new Date(timing.now() + seconds * 1_000) });
  return { timing, events, expiry, inSeconds };
}

describe('the expiry of an identity', () => {
  it('is told 30 s before, again every 15 s, and happens 30 s after', () => {
    const { timing, events, expiry, inSeconds } = setUp();
    expiry.watch(inSeconds(300));
    timing.advance(269_999);
    expect(events).toEqual([]);
    timing.advance(1);
    expect(events).toEqual(['expiring in 30 s']);
    const told = ['expiring in 30 s', 'expiring in 15 s', 'expiring in 0 s', 'expiring in -15 s'];
    timing.advance(59_999);
    expect(events).toEqual(told);
    timing.advance(1);
    expect(events).toEqual([...told, 'expired']);
    timing.advance(100_000);
    expect(events).toHaveLength(5);
  });

  it('begins anew with a fresh identity', () => {
    const { timing, events, expiry, inSeconds } = setUp();
    expiry.watch(inSeconds(60));
    timing.advance(40_000);
    expiry.watch(inSeconds(600));
    timing.advance(500_000);
    expect(events).toEqual(['expiring in 30 s']);
  });

  it('is told half way through where less than a minute is left, and never more than once a second', () => {
    const { timing, events, expiry, inSeconds } = setUp();
    expiry.watch(inSeconds(10));
    timing.advance(5_000);
    expect(events).toEqual(['expiring in 5 s']);
    expiry.watch(inSeconds(-20));
    timing.advance(999);
    expect(events).toHaveLength(1);
    timing.advance(1);
    expect(events).toEqual(['expiring in 5 s', 'expiring in -21 s']);
    timing.advance(9_000);
    expect(events.at(-1)).toBe('expired');
  });

  it('waits for what lies beyond the longest timer of Node', () => {
    const { timing, events, expiry, inSeconds } = setUp();
    const ninetyDays = 90 * 86_400;
    expiry.watch(inSeconds(ninetyDays));
    timing.advance((ninetyDays - 31) * 1_000);
    expect(events).toEqual([]);
    timing.advance(1_000);
    expect(events).toEqual(['expiring in 30 s']);
  });

  it('leaves no timer behind', () => {
    const { timing, expiry, inSeconds } = setUp();
    expiry.watch(inSeconds(60));
    expiry.stop();
    expect(timing.pending).toBe(0);
  });

  it('never comes for an identity without an end', () => {
    const { timing, expiry } = setUp();
    expiry.watch({ userId: 'alice' });
    expect(timing.pending).toBe(0);
  });
});
