import type { StreamId } from './stream-position.js';

/** An entry of a stream, whichever version of Redis's protocol the client speaks. */
export interface StreamEntry {
  readonly id: StreamId;
  readonly fields: Readonly<Record<string, string>>;
}

/** What `XREAD` answers of one stream: a list of pairs in RESP 2; a map, which clients show as an object or a Map, in RESP 3. */
export function entriesOf(answer: unknown): unknown {
  if (answer === null || answer === undefined) return [];
  if (Array.isArray(answer)) return Array.isArray(answer[0]) ? (answer[0] as unknown[])[1] : answer[1];
  return answer instanceof Map ? [...answer.values()][0] : Object.values(answer)[0];
}

/** Of `XRANGE` and `XREVRANGE`, and what {@link entriesOf} found. */
export function toEntries(answer: unknown): StreamEntry[] {
  return ((answer ?? []) as [id: string, fields: unknown][]).map(([id, fields]) => ({ id: String(id), fields: toRecord(fields) }));
}

function toRecord(fields: unknown): Record<string, string> {
  if (!Array.isArray(fields)) return Object.fromEntries(fields instanceof Map ? fields : Object.entries(fields as object));
  return Object.fromEntries(Array.from({ length: fields.length / 2 }, (_, index) => [String(fields[index * 2]), String(fields[index * 2 + 1])]));
}
