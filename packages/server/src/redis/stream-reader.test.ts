import { expect, it, vi } from 'vitest';
import { ManualTiming } from '../testing/manual-timing.js';
import type { RedisConnection } from './redis-connection.js';
import { StreamReader } from './stream-reader.js';

it('says goodbye once to a connection that was lost, however long Redis stays away', async () => {
  const timing = new ManualTiming();
  const destroy = vi.fn();
  const command: RedisConnection['command'] = (name) => (name === 'XREAD' ? Promise.reject(new Error('lost')) : Promise.resolve([]));
  const first: RedisConnection = { command, destroy, openAnother: () => Promise.reject(new Error('not used')), onLost: () => () => {} };
  const openAnother = vi.fn<RedisConnection['openAnother']>().mockResolvedValueOnce(first).mockRejectedValue(new Error('away'));
  const reader = new StreamReader({ connection: { ...first, openAnother }, stream: 'events', timing });
  const lost = vi.fn();
  reader.on('lost', lost);
  for (let tries = 1; tries <= 5; tries++) {
    await vi.waitFor(() => expect([openAnother.mock.calls.length, timing.pending]).toEqual([tries, 1]));
    timing.advance(2_000);
  }
  await vi.waitFor(() => expect(openAnother).toHaveBeenCalledTimes(6));
  expect(destroy).toHaveBeenCalledOnce();
  expect(lost).toHaveBeenCalledOnce();
  reader.close();
});
