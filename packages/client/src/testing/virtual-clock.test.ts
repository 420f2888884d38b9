import { afterEach, expect, test, vi } from 'vitest';
import { createFakeJobServer } from './index.js';
import { createVirtualClock, milliseconds, type Duration } from './virtual-clock.js';

afterEach(() => vi.useRealTimers());

test.each<[Duration, number]>([[5, 5], ['250ms', 250], ['1.5s', 1_500], ['5m', 300_000], ['1h', 3_600_000]])('%s is %d ms', (duration, ms) =>
  expect(milliseconds(duration)).toBe(ms),
);

test('what is no duration is refused', () => expect(() => milliseconds('soon' as Duration)).toThrow(TypeError));

test('timers fire in order, each at its time, and what they set counts too', async () => {
  const clock = createVirtualClock({ start: 0 });
  const fired: number[] = [];
  const note = () => fired.push(clock.now());
  clock.setTimeout(note, 300);
  clock.setTimeout(() => clock.setTimeout(note, 100), 100);
  clock.clearTimeout(clock.setTimeout(note, 50));
  await clock.advance('1s');
  expect([fired, clock.now(), clock.pending]).toEqual([[200, 300], 1_000, 0]);
});

test('while everything sleeps no timer fires, and each keeps what it had left', async () => {
  const clock = createVirtualClock({ start: 0 });
  const fired = vi.fn();
  clock.setTimeout(fired, 1_000);
  clock.sleep('10m');
  expect([clock.now(), clock.monotonic(), fired.mock.calls.length]).toEqual([600_000, 0, 0]);
  await clock.advance('1s');
  expect(fired).toHaveBeenCalledOnce();
});

test("the clock works beside a test runner's fake timers, and neither moves the other", async () => {
  vi.useFakeTimers();
  const server = createFakeJobServer();
  server.client.subscribe({ userId: 'user-1' });
  await server.client.connect();
  await server.advance('30s');
  server.restartServer();
  vi.advanceTimersByTime(60_000);
  expect(server.client.state).toBe('RECONNECTING');
  await server.advance('2s');
  expect(server.client.state).toBe('CONNECTED');
  expect(vi.getTimerCount()).toBe(0);
  server.close();
});

test('what is left of a time by rounding is waited for, and not for ever', async () => {
  const clock = createVirtualClock();
  await clock.advance(515_000);
  const start = clock.now();
  const target = start + 1_000 / 3;
  let rounds = 0;
  const wait = () => void (++rounds < 10 && clock.now() < target && clock.setTimeout(wait, (target - clock.now()) / 1.1));
  wait();
  await clock.advance('1s');
  expect(clock.monotonic()).toBe(516_000);
  expect(rounds).toBeLessThan(10);
});
