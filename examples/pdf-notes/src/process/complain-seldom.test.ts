import { pino } from 'pino';
import { expect, test } from 'vitest';
import { complainSeldom } from './complain-seldom.js';

test('of errors that keep coming the first one is logged at once, then one every 10 s that counts the others', () => {
  const lines: { time: number; unsaid?: number }[] = [];
  let now = 0;
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push({ time: now, ...(JSON.parse(line) as object) }) });
  const complain = complainSeldom(logger, 'The queue cannot be reached', () => now);
  for (now = 0; now <= 21_000; now += 500) complain(new Error('connect ECONNREFUSED'));
  expect(lines.map(({ time, unsaid }) => [time, unsaid])).toEqual([[0, undefined], [10_000, 19], [20_000, 19]]);
});
