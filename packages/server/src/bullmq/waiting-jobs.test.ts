import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, it } from 'vitest';

import { ManualTiming } from '../testing/manual-timing.js';
import { WaitingJobs, type WaitingJob } from './waiting-jobs.js';

let timing: ManualTiming;
let events: EventEmitter;
let waiting: WaitingJobs;
let reads: string[];
let removed: string[];
let answer: (id: string) => Promise<WaitingJob | undefined>;
const jobOf = (id: string): WaitingJob => ({ jobId: `pdf:${id}`, queueJob: { queue: 'bull:pdf', id, createdAt: 1 }, isChild: false });
const settle = async (): Promise<void> => {
  for (let round = 0; round < 10; round++) await Promise.resolve();
};
const pass = async (ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 100) {
    timing.advance(100);
    await settle();
  }
};
const add = (count: number): void => {
  for (let id = 0; id < count; id++) events.emit('waiting', { jobId: String(id) });
};

beforeEach(() => {
  timing = new ManualTiming();
  events = new EventEmitter();
  reads = [];
  removed = [];
  answer = async (id) => jobOf(id);
  waiting = new WaitingJobs({
    events: events as never,
    read: (id) => (reads.push(id), answer(id)),
    onRemoved: async ({ jobId }) => void removed.push(jobId),
    timing,
    onError: (error) => {
      throw error;
    },
  });
});

describe('WaitingJobs', () => {
  it('reports a job that is removed while it waits', async () => {
    add(1);
    await pass(300);
    events.emit('removed', { jobId: '0', prev: 'wait' });
    await settle();
    expect(removed).toEqual(['pdf:0']);
  });

  it('reads at most 250 jobs a second, however many are added at once', async () => {
    add(5_000);
    await pass(1_000);
    expect(reads.length).toBeLessThanOrEqual(250);
    await pass(20_000);
    expect(reads).toHaveLength(5_000);
  });

  it('reads no further jobs while the queue has not answered, and keeps one timer', async () => {
    let free = (): void => undefined;
    const busy = new Promise<void>((resolve) => (free = resolve));
    answer = async (id) => (await busy, jobOf(id));
    add(1_000);
    await pass(5_000);
    expect(reads).toHaveLength(25);
    expect(timing.pending).toBe(0);
    free();
    await pass(1_000);
    expect(reads.length).toBeGreaterThan(25);
  });

  it('keeps at most 10,000 jobs that are to be read', async () => {
    add(12_000);
    await pass(60_000);
    expect(reads).toHaveLength(10_000);
  });

  it('does not read a job that a worker takes within 100 ms', async () => {
    add(1);
    events.emit('active', { jobId: '0' });
    await pass(1_000);
    expect(reads).toEqual([]);
  });

  it('finds a removal that no event told in the second check', async () => {
    add(1);
    await pass(300);
    answer = async () => undefined;
    await waiting.check();
    expect(removed).toEqual([]);
    await waiting.check();
    expect(removed).toEqual(['pdf:0']);
  });

  const again = (createdAt: number): WaitingJob => ({ ...jobOf('0'), jobId: `pdf:0:${createdAt}`, queueJob: { ...jobOf('0').queueJob, createdAt } });

  it('reports the removal of the job that was added last under an id, not of the one before', async () => {
    answer = async () => again(1);
    events.emit('added', { jobId: '0' });
    await pass(300);
    answer = async () => again(2);
    events.emit('added', { jobId: '0' });
    await pass(300);
    events.emit('removed', { jobId: '0', prev: 'wait' });
    await settle();
    expect(removed).toEqual(['pdf:0:2']);
  });

  it('reports no removal of a former job where the one that was added last is not read yet', async () => {
    answer = async () => again(1);
    events.emit('added', { jobId: '0' });
    await pass(300);
    events.emit('added', { jobId: '0' });
    events.emit('removed', { jobId: '0', prev: 'wait' });
    await settle();
    expect(removed).toEqual([]);
  });

  it('reads a job again that is added under its id while it is read', async () => {
    let answerFirst = (_job: WaitingJob): void => undefined;
    answer = () => new Promise((resolve) => (answerFirst = resolve));
    events.emit('added', { jobId: '0' });
    await pass(100);
    answer = async () => again(2);
    events.emit('added', { jobId: '0' });
    answerFirst(again(1));
    await pass(300);
    events.emit('removed', { jobId: '0', prev: 'wait' });
    await settle();
    expect(removed).toEqual(['pdf:0:2']);
  });
});
