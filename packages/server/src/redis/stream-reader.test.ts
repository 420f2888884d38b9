import { expect, it, vi } from 'vitest';
import { ManualTiming } from '../testing/manual-timing.js';
import type { RedisLink } from './redis-link.js';
import { StreamReader } from './stream-reader.js';

/** A stream in memory. Commands wait for nothing; a read without entries waits until the link is lost. */
function fakeStream() {
  let ids: string[] = [];
  let loseAll: (() => void)[] = [];
  const after = (id: string, position: string): boolean => {
    const [ms, count] = id.split('-').map(Number) as [number, number];
    const [otherMs, otherCount] = position.split('-').map(Number) as [number, number];
    return ms > otherMs || (ms === otherMs && count > otherCount);
  };
  const entry = (id: string) => [id, ['sender', id]];
  return {
    holds: (...held: string[]) => void (ids = held),
    lose: () => {
      for (const lose of loseAll.splice(0)) lose();
    },
    open: async (): Promise<RedisLink> => {
      let lost: (error: Error) => void = () => undefined;
      const untilLost = new Promise<never>((_, reject) => (lost = reject));
      untilLost.catch(() => undefined);
      loseAll.push(() => lost(new Error('lost')));
      const command = async (name: string, ...args: string[]): Promise<unknown> => {
        if (name === 'TIME') return ['900', '0'];
        if (name === 'XREVRANGE') return ids.slice(-1).map(entry);
        const found = ids.filter((id) => after(id, args.at(-1)!));
        return found.length === 0 ? untilLost : [[args.at(-2), found.map(entry)]];
      };
      return { command, verify: async () => undefined, destroy: () => lost(new Error('closed')) } as unknown as RedisLink;
    },
  };
}

function readerOf(open: () => Promise<RedisLink>) {
  const timing = new ManualTiming();
  const heard: string[] = [];
  const reader = new StreamReader({ open, stream: 'events', timing }).on('entry', ({ id }) => void heard.push(id));
  const reopen = async (): Promise<void> => {
    await vi.waitFor(() => expect(timing.pending).toBe(1));
    timing.advance(2_000);
    await vi.waitFor(() => expect(reader.isReading).toBe(true));
  };
  return { timing, heard, reader, reopen };
}

it('announces nothing that is older than its start, where a replica that was behind has taken over', async () => {
  const stream = fakeStream();
  stream.holds('700000-0', '800000-0');
  const { heard, reader, reopen } = readerOf(stream.open);
  await vi.waitFor(() => expect(reader.isReading).toBe(true));
  stream.holds('700000-0', '800000-0', '810000-0', '900000-0');
  stream.lose();
  await reopen();
  await vi.waitFor(() => expect(heard).toEqual(['810000-0', '900000-0']));
  // The last entry never reached the replica; a job ends on it before the reader is back.
  stream.holds('700000-0', '800000-0', '810000-0', '890000-0');
  stream.lose();
  await reopen();
  await vi.waitFor(() => expect(heard.slice(2)).toEqual(['810000-0', '890000-0']));
  reader.close();
});

it('announces nothing of before its start that comes into a stream that it found empty', async () => {
  const stream = fakeStream();
  const { heard, reader, reopen } = readerOf(stream.open);
  await vi.waitFor(() => expect(reader.isReading).toBe(true));
  stream.holds('100000-0', '600000-1', '900001-0');
  stream.lose();
  await reopen();
  await vi.waitFor(() => expect(heard).toEqual(['600000-1', '900001-0']));
  reader.close();
});

it('goes on with a stream that was emptied while its connection is lost', async () => {
  const stream = fakeStream();
  stream.holds('800000-0');
  const { heard, reader, reopen } = readerOf(stream.open);
  await vi.waitFor(() => expect(reader.isReading).toBe(true));
  stream.holds();
  stream.lose();
  await reopen();
  stream.holds('900000-0');
  stream.lose();
  await reopen();
  await vi.waitFor(() => expect(heard).toEqual(['900000-0']));
  reader.close();
});

it('destroys a connection that was lost once, and tries for as long as Redis stays away', async () => {
  const destroy = vi.fn();
  const command = (name: string) => (name === 'XREAD' ? Promise.reject(new Error('lost')) : Promise.resolve(name === 'TIME' ? ['900', '0'] : []));
  const first = { command, destroy, verify: async () => undefined } as unknown as RedisLink;
  const open = vi.fn<() => Promise<RedisLink>>().mockResolvedValueOnce(first).mockRejectedValue(new Error('away'));
  const { reader, timing } = readerOf(open);
  for (let tries = 1; tries <= 5; tries++) {
    await vi.waitFor(() => expect([open.mock.calls.length, timing.pending]).toEqual([tries, 1]));
    timing.advance(2_000);
  }
  await vi.waitFor(() => expect(open).toHaveBeenCalledTimes(6));
  expect(destroy).toHaveBeenCalledOnce();
  reader.close();
});
