import { expect, onTestFinished, test, vi } from 'vitest';
import { createFakeJobServer } from '../testing/index.js';
import { createVirtualClock } from '../testing/virtual-clock.js';
import { watchPageEvents, watchWakeSignals } from './wake-signals.js';

function watched() {
  const clock = createVirtualClock();
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const wake = vi.fn();
  const stop = watchWakeSignals(clock, wake, watchPageEvents(Object.assign(window, { document })));
  return { clock, window, document, wake, stop };
}

test('online, pageshow and becoming visible wake at once; becoming hidden does not', () => {
  const { window, document, wake } = watched();
  window.dispatchEvent(new Event('online'));
  window.dispatchEvent(new Event('pageshow'));
  document.dispatchEvent(new Event('visibilitychange'));
  expect(wake).toHaveBeenCalledTimes(3);
  document.visibilityState = 'hidden';
  document.dispatchEvent(new Event('visibilitychange'));
  expect(wake).toHaveBeenCalledTimes(3);
});

test('a jump of the clock wakes within 5 s, and ordinary time does not', async () => {
  const { clock, wake } = watched();
  await clock.advance('1h');
  expect(wake).not.toHaveBeenCalled();
  clock.sleep('30s');
  await clock.advance('5s');
  expect(wake).toHaveBeenCalledOnce();
  await clock.advance('1h');
  expect(wake).toHaveBeenCalledOnce();
});

test('nothing is left after stopping, and where there is no window only the clock is watched', () => {
  const { clock, window, document, wake, stop } = watched();
  stop();
  window.dispatchEvent(new Event('online'));
  document.dispatchEvent(new Event('visibilitychange'));
  expect(wake).not.toHaveBeenCalled();
  expect(clock.pending).toBe(0);
  watchWakeSignals(clock, wake, watchPageEvents({}))();
  expect(clock.pending).toBe(0);
});

test('a client watches from connect to disconnect, through every loss of its connection', async () => {
  const stop = vi.fn();
  const watch = vi.fn(() => stop);
  const server = createFakeJobServer({ clientOptions: { watchWakeSignals: watch } });
  onTestFinished(() => server.close());
  await server.client.connect();
  server.restartServer();
  await server.advance('1m');
  expect(server.client.state).toBe('CONNECTED');
  expect([watch.mock.calls.length, stop.mock.calls.length]).toEqual([1, 0]);
  server.client.disconnect();
  expect(stop).toHaveBeenCalledOnce();
  void server.client.connect();
  expect(watch).toHaveBeenCalledTimes(2);
});

test('a hidden page whose timers the browser throttles does not wake each minute', async () => {
  const page = { hidden: true };
  vi.stubGlobal('document', page);
  onTestFinished(() => void vi.unstubAllGlobals());
  const clock = createVirtualClock();
  const wake = vi.fn();
  const stop = watchWakeSignals(clock, wake, watchPageEvents({}));
  for (let i = 0; i < 10; i++) {
    clock.stepWallClock(60_000);
    await clock.advance('5s');
  }
  expect(wake).not.toHaveBeenCalled();
  page.hidden = false;
  clock.stepWallClock(60_000);
  await clock.advance('5s');
  expect(wake).toHaveBeenCalledOnce();
  stop();
});
