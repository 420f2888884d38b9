import { describe, expect, test, vi } from 'vitest';
import { watchPageEvents, watchWakeSignals } from './connection/wake-signals.js';
import { createJobTable } from './jobs/job-table.js';
import { createFakeJobServer } from './testing/index.js';
import { createVirtualClock, type VirtualClock } from './testing/virtual-clock.js';
import { createAlarm } from './timing.js';

const HOUR = 3_600_000;
const FINISHED_MS = 600_000;

/** Each steps the clock once, and expects what it would have expected without the step. */
const STEADY: Record<string, (clock: VirtualClock, step: () => void) => Promise<void>> = {
  'an alarm that is due sooner stays': async (clock, step) => {
    const alarm = createAlarm(clock);
    const rung: string[] = [];
    alarm(10_000, () => rung.push('sooner'));
    step();
    alarm(20_000, () => rung.push('later'), true);
    await clock.advance('10s');
    expect(rung).toEqual(['sooner']);
  },
  'a finished job stays in the list for 10 minutes': async (clock, step) => {
    const table = createJobTable({ timing: clock, finishedMs: FINISHED_MS, onChange: () => {} });
    const timestamp = new Date(clock.now()).toISOString();
    const common = { stage: 'COMPLETED', progress: 100, createdAt: timestamp, timestamp };
    table.apply({ ...common, jobId: 'a', status: 'completed', version: [1, 2, 1, 1], result: {} }, true);
    table.notify();
    step();
    await clock.advance('9m');
    table.apply({ ...common, jobId: 'b', status: 'active', version: [1, 0, 1, 1] }, true);
    table.notify();
    expect(table.list()).toHaveLength(2);
    await clock.advance('1m');
    expect(table.list()).toHaveLength(1);
  },
};

describe.each([['back', -HOUR], ['forward', HOUR]])('while the wall clock steps %s an hour', (_, ms) => {
  test.each(Object.entries(STEADY))('%s', async (_title, behaves) => {
    const clock = createVirtualClock();
    await behaves(clock, () => clock.stepWallClock(ms));
  });

  test('the device may have slept, so it wakes once', async () => {
    const clock = createVirtualClock();
    const wake = vi.fn();
    watchWakeSignals(clock, wake, watchPageEvents({}));
    clock.stepWallClock(ms);
    await clock.advance('1m');
    expect(wake).toHaveBeenCalledOnce();
  });

  test('a client stays connected and goes on comparing every 10 s', async () => {
    const server = createFakeJobServer();
    server.client.subscribe({ userId: 'user-1' });
    await server.client.connect();
    await server.advance('30s');
    const states: string[] = [];
    server.client.on({ onStateChange: (state: string) => states.push(state) });
    server.clock.stepWallClock(ms);
    await server.advance('5m');
    expect([server.client.state, states]).toEqual(['CONNECTED', []]);
  });
});
