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
        if (name === 'XRANGE') return ids.slice(0, 1).map(entry);
        const found = ids.filter((id) => after(id, args.at(-1)!)).slice(0, 200);
        return found.length === 0 ? untilLost : [[args.at(-2), found.map(entry)]];
      };
      return { command, verify: async () => undefined, destroy: () => lost(new Error('closed')) } as unknown as RedisLink;
    },
  };
}

function readerOf(open: () => Promise<RedisLink>) {
  const timing = new ManualTiming();
  const heard: string[] = [];
  let gaps = 0;
  const reader = new StreamReader({ open, stream: 'events', timing }).on('entry', ({ id }) => void heard.push(id)).on('gap', () => void gaps++);
  const reopen = async (): Promise<void> => {
    await vi.waitFor(() => expect(timing.pending).toBe(1));
    timing.advance(2_000);
    await vi.waitFor(() => expect(reader.isReading).toBe(true));
  };
  return { timing, heard, reader, reopen, gaps: () => gaps };
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

it.each<[string, string[], number]>([
  ['went on', ['700000-0', '800000-0', '900000-0'], 0],
  ['was trimmed up to its position', ['800000-0', '900000-0'], 0],
  ['was trimmed past its position', ['810000-0', '900000-0'], 1],
  ['was emptied', [], 1],
  ['lacks its position, behind a replica that has taken over', ['700000-0', '790000-0'], 1],
])('knows whether it has missed entries when it comes back to a stream that %s', async (_what, held, expected) => {
  const stream = fakeStream();
  stream.holds('700000-0', '800000-0');
  const { reader, reopen, gaps, timing } = readerOf(stream.open);
  await vi.waitFor(() => expect(reader.isReading).toBe(true));
  stream.lose();
  stream.holds(...held);
  await reopen();
  expect(gaps()).toBe(expected);
  // Said once, however often it looks.
  stream.lose();
  await vi.waitFor(() => expect(timing.pending).toBe(1));
  await reopen();
  expect(gaps()).toBe(expected);
  reader.close();
});

it('misses nothing in a stream that it found empty', async () => {
  const stream = fakeStream();
  const { heard, reader, reopen, gaps } = readerOf(stream.open);
  await vi.waitFor(() => expect(reader.isReading).toBe(true));
  stream.lose();
  stream.holds('900001-0');
  await reopen();
  await vi.waitFor(() => expect(heard).toEqual(['900001-0']));
  expect(gaps()).toBe(0);
  reader.close();
});

it('knows that it was overtaken by the trimming while it reads what has piled up', async () => {
  const stream = fakeStream();
  const idsFrom = (from: number) => Array.from({ length: 300 }, (_, index) => `${from + index}-0`);
  stream.holds('800000-0');
  const { heard, reader, reopen, gaps } = readerOf(stream.open);
  await vi.waitFor(() => expect(reader.isReading).toBe(true));
  stream.lose();
  stream.holds('800000-0', ...idsFrom(810_000));
  reader.once('entry', () => stream.holds(...idsFrom(820_000)));
  await reopen();
  await vi.waitFor(() => expect(heard.at(-1)).toBe('820299-0'));
  expect(gaps()).toBe(1);
  reader.close();
});
