/** The id of an entry: `milliseconds-count`. */
export type StreamId = string;

/** A clock of a new primary may be behind that of the old one by so much. */
const CLOCKS_DIFFER_BY_MS = 5 * 60_000;

/**
 * Where to read on. `end` is the last id in the stream, `0-0` in an empty one; `position` the id that was read last;
 * `start` where this reader began.
 *
 * A stream that ends before the position has lost entries: Redis was emptied, or a replica that was behind has taken over.
 * Then entries that are new may have smaller ids than those that were read, by as much as clocks differ. They are read
 * again from there, which the caller has to recognize. What is older than the start of the reader is left out.
 */
export function resumePosition(end: StreamId, position: StreamId, start: StreamId): StreamId {
  if (!isBefore(end, position)) return position;
  const again = idAt(Math.max(0, millisecondsOf(position) - CLOCKS_DIFFER_BY_MS));
  return earlier(end, isBefore(again, start) ? start : again);
}

/** Where a reader begins that finds an empty stream, by the clock of Redis in seconds: one with older entries may follow. */
export const startOfEmpty = (seconds: string): StreamId => idAt(Math.max(0, Number(seconds) * 1_000 - CLOCKS_DIFFER_BY_MS));

const earlier = (id: StreamId, other: StreamId): StreamId => (isBefore(id, other) ? id : other);

const idAt = (milliseconds: number): StreamId => `${milliseconds}-0`;

const millisecondsOf = (id: StreamId): number => Number(id.split('-')[0]);

export function isBefore(id: StreamId, other: StreamId): boolean {
  const [ms = 0, count = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherCount = 0] = other.split('-').map(Number);
  return ms < otherMs || (ms === otherMs && count < otherCount);
}
