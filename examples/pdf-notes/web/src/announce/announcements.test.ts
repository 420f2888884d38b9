import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Announcements } from './announcements.js';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function listening() {
  const heard: string[] = [];
  return { heard, announcements: new Announcements((text) => heard.push(text), { everyMs: 3_000 }) };
}

test('what is said at once is heard together, and then there is quiet for a while', () => {
  const { heard, announcements } = listening();
  announcements.say('a', 'a.pdf: Queued.');
  announcements.say('b', 'b.pdf: Queued.');
  vi.advanceTimersByTime(300);
  expect(heard).toEqual(['a.pdf: Queued. b.pdf: Queued.']);
  announcements.say('a', 'a.pdf: Reading the text.');
  vi.advanceTimersByTime(2_900);
  expect(heard).toHaveLength(1);
  vi.advanceTimersByTime(100);
  expect(heard).toEqual(['a.pdf: Queued. b.pdf: Queued.', 'a.pdf: Reading the text.']);
});

test('a hundred changes in ten seconds are heard as a few, the last one among them', () => {
  const { heard, announcements } = listening();
  for (let percent = 1; percent <= 100; percent += 1) {
    announcements.say('a', `${percent} %`);
    vi.advanceTimersByTime(100);
  }
  vi.advanceTimersByTime(10_000);
  expect(heard.length).toBeLessThanOrEqual(5);
  expect(heard.at(-1)).toBe('100 %');
});

test('nothing is said twice, and nothing that everybody knows', () => {
  const { heard, announcements } = listening();
  announcements.assume('old', 'old.pdf: Completed.');
  announcements.say('old', 'old.pdf: Completed.');
  announcements.say('a', 'a.pdf: Queued.');
  vi.advanceTimersByTime(10_000);
  announcements.say('a', 'a.pdf: Queued.');
  vi.advanceTimersByTime(10_000);
  expect(heard).toEqual(['a.pdf: Queued.']);
});

test('that all is well is said where it was not before', () => {
  const { heard, announcements } = listening();
  announcements.amend('connection', 'Live.');
  vi.advanceTimersByTime(10_000);
  announcements.say('connection', 'Offline.');
  vi.advanceTimersByTime(10_000);
  announcements.amend('connection', 'Live.');
  vi.advanceTimersByTime(10_000);
  expect(heard).toEqual(['Offline.', 'Live.']);
});

test('of many subjects some are said later rather than all in one breath', () => {
  const { heard, announcements } = listening();
  for (const name of ['a', 'b', 'c', 'd']) announcements.say(name, `${name}.`);
  vi.advanceTimersByTime(300);
  expect(heard).toEqual(['a. b. c.']);
  vi.advanceTimersByTime(3_000);
  expect(heard).toEqual(['a. b. c.', 'd.']);
});
