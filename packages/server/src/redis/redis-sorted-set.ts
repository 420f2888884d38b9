import { RANGE } from './redis-scripts.js';

export type RedisCommand = (...args: string[]) => Promise<unknown>;

export interface SortedSetEntry {
  readonly member: string;
  readonly score: number;
}

export interface SortedSetRange {
  readonly key: string;
  /** The score to begin at. */
  readonly from: number | '-inf' | '+inf';
  /** The score to end at. */
  readonly to: number | '-inf' | '+inf';
  readonly order: 'ascending' | 'descending';
}

const PAGE = 200;

/**
 * Reads a sorted set page by page. Goes on from the score that was read last, not from a place: members move while it is
 * read, and places with them. A member that keeps its score is read once.
 */
export async function* readSortedSet(command: RedisCommand, { key, from, to, order }: SortedSetRange): AsyncGenerator<readonly SortedSetEntry[], void> {
  const read = order === 'ascending' ? 'ZRANGEBYSCORE' : 'ZREVRANGEBYSCORE';
  let position = from;
  let readAtPosition = new Set<string>();
  for (;;) {
    const count = PAGE + readAtPosition.size;
    const found = entriesOf((await command('EVAL', RANGE, '1', key, read, `${position}`, `${to}`, `${count}`)) as string[]);
    const page = found.filter(({ member, score }) => score !== position || !readAtPosition.has(member));
    if (page.length > 0) yield page;
    const last = page.at(-1)?.score;
    if (found.length < count || last === undefined) return;
    if (last !== position) readAtPosition = new Set();
    position = last;
    for (const { member, score } of page) if (score === position) readAtPosition.add(member);
  }
}

const entriesOf = (membersAndScores: readonly string[]): SortedSetEntry[] =>
  Array.from({ length: membersAndScores.length / 2 }, (_, index) => ({ member: membersAndScores[index * 2]!, score: Number(membersAndScores[index * 2 + 1]) }));
