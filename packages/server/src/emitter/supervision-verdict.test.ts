import { expect, test } from 'vitest';
import type { UnfinishedJob } from '../store/job-record.js';
import { stateOf } from '../testing/job-store-case.js';
import { verdictOf, type Silence } from './supervision-verdict.js';

const times = { stalledAfterMs: 30_000, workerLostAfterMs: 300_000 };
const HOUR = 3_600_000;

const silentFor = (ms: number): Silence => ({ storedMs: ms, seenMs: 10_000, steadyMs: HOUR });
const job = (fields: Partial<UnfinishedJob> = {}, snapshot: Partial<UnfinishedJob['snapshot']> = {}): UnfinishedJob => ({
  userId: 'u1', snapshot: { ...stateOf('j1', 'active', [1, 1, 1]), ...snapshot }, run: { epoch: 1, aliveAt: 0 }, changedAt: 0, touchedAt: 0, ...fields,
});

test('a silent run is shown as stalled once, and is lost later', () => {
  expect([29_999, 30_000, 299_999, 300_000].map((ms) => verdictOf(job(), silentFor(ms), times))).toEqual([undefined, 'stalled', 'stalled', 'lost']);
  expect(verdictOf(job({}, { stalled: true }), silentFor(60_000), times)).toBeUndefined();
});

test('a silent run that was asked to cancel is cancelled', () => {
  const asked = { cancelRequested: true, stalled: true } as const;
  expect([29_999, 30_000, 300_000].map((ms) => verdictOf(job({}, asked), silentFor(ms), times))).toEqual([undefined, 'cancelled', 'lost']);
  expect(verdictOf(job({}, asked), silentFor(HOUR), { ...times, workerLostAfterMs: false })).toBe('cancelled');
});

test('a job of a queue is marked only', () => {
  const ofQueue = { queueJob: { queue: 'pdf', id: '1', createdAt: 1 } };
  expect([verdictOf(job(ofQueue, { cancelRequested: true }), silentFor(HOUR), times), verdictOf(job(ofQueue, { stalled: true }), silentFor(HOUR), times)]).toEqual(['stalled', undefined]);
});

test('a clock that was set back hides no silent run: what was seen counts', () => {
  expect(verdictOf(job(), { storedMs: -HOUR, seenMs: 30_000, steadyMs: 30_000 }, times)).toBe('stalled');
  expect(verdictOf(job(), { storedMs: -HOUR, seenMs: 300_000, steadyMs: 300_000 }, times)).toBe('lost');
});

test('a clock that was set forward, and an outage, make no run silent', () => {
  expect(verdictOf(job(), { storedMs: HOUR, seenMs: 0, steadyMs: 29_999 }, times)).toBeUndefined();
  expect(verdictOf(job(), { storedMs: HOUR, seenMs: HOUR, steadyMs: 299_999 }, times)).toBe('stalled');
});

test('a store that was restored from an earlier state ends no run before a heartbeat could arrive', () => {
  const restored = { storedMs: HOUR, seenMs: 9_999, steadyMs: HOUR };
  expect(verdictOf(job(), restored, times)).toBe('stalled');
  expect(verdictOf(job({}, { stalled: true }), restored, times)).toBeUndefined();
  expect(verdictOf(job({}, { cancelRequested: true }), restored, times)).toBeUndefined();
  expect(verdictOf(job({}, { stalled: true }), { ...restored, seenMs: 10_000 }, times)).toBe('lost');
});
