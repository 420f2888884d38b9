import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { expect, test, vi } from 'vitest';
import { createVirtualClock } from '../testing/virtual-clock.js';
import type { StatusAnswer } from '../transport/status-client.js';
import { createSynchronizer, type SynchronizerOptions } from './synchronizer.js';

const JOB = { jobId: 'a', version: [1, 0, 1, 1] } as unknown as AnyJobSnapshot;

function synchronizer(options: Partial<SynchronizerOptions>) {
  const clock = createVirtualClock();
  const listeners = { onAnswer: vi.fn(), onMissing: vi.fn(), onUnknown: vi.fn(), onBack: vi.fn(), onError: vi.fn() };
  const made = createSynchronizer({
    timing: clock,
    isConnected: () => false,
    firstMs: 1_000,
    interval: () => 4_000,
    known: () => [JOB],
    ask: () => new Promise(() => {}),
    ...listeners,
    ...options,
  });
  return { clock, ...listeners, ...made };
}

test('an answer over HTTP that comes after the connection did is not used any more', async () => {
  let isConnected = false;
  let answer: (answer: StatusAnswer) => void = () => {};
  const { clock, onAnswer, restart } = synchronizer({
    isConnected: () => isConnected,
    ask: () => new Promise((resolve) => (answer = resolve)),
  });
  restart();
  await clock.advance('2s');
  isConnected = true;
  restart();
  answer({ ok: true, snapshots: [], unknown: [] });
  await clock.advance(0);
  expect(onAnswer).not.toHaveBeenCalled();
});

test('what succeeds is asked for at a steady pace, what fails less often the longer it fails, and a fault is told once', async () => {
  let isUp = true;
  const ask = vi.fn(async (): Promise<StatusAnswer> => {
    if (!isUp) throw new Error('down');
    return { ok: true, snapshots: [], unknown: [] };
  });
  const { clock, onError, onBack, restart } = synchronizer({ ask });
  restart();
  await clock.advance('2s');
  await clock.advance('2m');
  expect(ask).toHaveBeenCalledTimes(31);
  isUp = false;
  ask.mockClear();
  await clock.advance('24s');
  expect(ask).toHaveBeenCalledTimes(6);
  await clock.advance('10m');
  ask.mockClear();
  await clock.advance('5m');
  expect(ask.mock.calls.length).toBeLessThanOrEqual(11);
  expect(onError).toHaveBeenCalledTimes(1);
  isUp = true;
  await clock.advance('30s');
  expect(onBack).toHaveBeenCalledTimes(1);
});

test('two ways of failing that take turns are told once each until a round succeeds', async () => {
  let rounds = 0;
  const ask = async (): Promise<StatusAnswer> => ({ ok: false, error: { code: rounds++ % 2 ? 'INTERNAL' : 'RATE_LIMITED', message: 'Later.' } });
  const { clock, onError, restart } = synchronizer({ ask });
  restart();
  await clock.advance('5m');
  expect(rounds).toBeGreaterThan(5);
  expect(onError).toHaveBeenCalledTimes(2);
});

test('another interval does not undercut the time for which the server asks to be left alone', async () => {
  let interval = 60_000;
  const ask = vi.fn(async (): Promise<StatusAnswer> => ({ ok: true, snapshots: [], unknown: [], retryAfterMs: 30_000 }));
  const { clock, adjust, restart } = synchronizer({ ask, interval: () => interval });
  restart();
  await clock.advance('3s');
  expect(ask).toHaveBeenCalledTimes(1);
  interval = 4_000;
  adjust();
  await clock.advance('25s');
  expect(ask).toHaveBeenCalledTimes(1);
  await clock.advance('10s');
  expect(ask).toHaveBeenCalledTimes(2);
});

test('of an answer in which a handler changed everything nothing is kept', async () => {
  const cursors: unknown[] = [];
  const ask = async (_jobs: unknown, cursor: string | undefined): Promise<StatusAnswer> => {
    cursors.push(cursor);
    return { ok: true, snapshots: [], unknown: ['a'], cursor: `after ${cursors.length}` };
  };
  const made = synchronizer({ ask, onAnswer: () => made.restart() });
  made.restart();
  await made.clock.advance('1m');
  expect(new Set(cursors)).toEqual(new Set([undefined]));
  expect(made.onUnknown).not.toHaveBeenCalled();
});
