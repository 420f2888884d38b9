import { expect, it } from 'vitest';
import { StreamBound } from './stream-bound.js';

const MIB = 1024 * 1024;

/** What a stream takes after so many entries of one size, where each of them trims it. */
const bytesAfter = (entries: number, bytes: number, maxBytes: number): number => {
  const bound = new StreamBound(maxBytes);
  let kept = 0;
  for (let sent = 0; sent < entries; sent++) kept = Math.min(kept + 1, bound.entriesWith(bytes));
  return kept * bytes;
};

it('keeps 10,000 entries where they are small', () => {
  const bound = new StreamBound(64 * MIB);
  for (let sent = 0; sent < 20_000; sent++) expect(bound.entriesWith(1_000)).toBe(10_000);
});

it('keeps about as many bytes as it may where they are large, from a batch of 32 KiB to one of 1 MiB', () => {
  for (const bytes of [32 * 1024, 256 * 1024, MIB]) {
    expect(bytesAfter(4_000, bytes, 64 * MIB) / MIB).toBeLessThan(66);
    expect(bytesAfter(4_000, bytes, 64 * MIB) / MIB).toBeGreaterThan(60);
  }
});

it('keeps 10,000 again once they are small again', () => {
  const bound = new StreamBound(64 * MIB);
  for (let sent = 0; sent < 500; sent++) bound.entriesWith(MIB);
  expect(bound.entriesWith(100)).toBeLessThan(100);
  for (let sent = 0; sent < 1_000; sent++) bound.entriesWith(100);
  expect(bound.entriesWith(100)).toBe(10_000);
});

it('keeps some for those who read, however large one entry is', () => {
  const bound = new StreamBound(1_000);
  for (let sent = 0; sent < 500; sent++) bound.entriesWith(MIB);
  expect(bound.entriesWith(MIB)).toBe(16);
});
