import { expect, test, vi } from 'vitest';
import { createVirtualClock } from '../testing/virtual-clock.js';
import type { TransportConnection, TransportListener } from '../transport/transport.js';
import { createConnectionDriver } from './connection-driver.js';

/** A driver whose transport does nothing by itself. */
function driven() {
  const clock = createVirtualClock();
  const attempts: { listener: TransportListener; close: () => void }[] = [];
  const request = vi.fn<TransportConnection['request']>(() => new Promise(() => {}));
  const onState = vi.fn();
  const onEvent = vi.fn();
  const driver = createConnectionDriver({
    timing: clock,
    address: 'http://jobs.test/jobs',
    token: async () => 'token',
    open(_token, listener) {
      const close = vi.fn();
      attempts.push({ listener, close });
      return { request, close };
    },
    onError: () => {},
  });
  driver.listen({ onState, onEvent });
  const reasons = () => onState.mock.calls.map(([, , reason]) => reason as string);
  return { clock, driver, attempts, request, onEvent, reasons };
}

test('an attempt that neither opens nor fails is given up after 10 s and closed', async () => {
  const { clock, driver, attempts } = driven();
  driver.dispatch('CONNECT_CALLED');
  await clock.advance('9900ms');
  expect(attempts).toHaveLength(1);
  await clock.advance('3s');
  expect(attempts[0]?.close).toHaveBeenCalledOnce();
  expect(attempts).toHaveLength(2);
});

test('what an attempt says after it was given up is ignored', async () => {
  const { clock, driver, attempts, onEvent } = driven();
  driver.dispatch('CONNECT_CALLED');
  await clock.advance('13s');
  attempts[0]?.listener.onOpen();
  attempts[0]?.listener.onEvent('job:progress', {});
  expect(driver.state).toBe('CONNECTING');
  expect(onEvent).not.toHaveBeenCalled();
  attempts[1]?.listener.onOpen();
  attempts[0]?.listener.onClose('UNAUTHENTICATED');
  expect(driver.state).toBe('CONNECTED');
});

test('a request without an answer for 5 s ends the connection, and one for an earlier connection does not', async () => {
  const { clock, driver, attempts, reasons } = driven();
  driver.dispatch('CONNECT_CALLED');
  await clock.advance(0);
  attempts[0]?.listener.onOpen();
  const early = driver.request('cancel', { jobId: 'a' });
  early.catch(() => {});
  await clock.advance('3s');
  attempts[0]?.listener.onClose('CONNECTION_LOST');
  await clock.advance('1500ms');
  attempts[1]?.listener.onOpen();
  await clock.advance('4s');
  await expect(early).rejects.toMatchObject({ code: 'NO_ANSWER' });
  expect(reasons()).toEqual(['CONNECT_CALLED', 'ACCEPTED', 'CONNECTION_LOST', 'ACCEPTED']);
  driver.request('cancel', { jobId: 'a' }).catch(() => {});
  await clock.advance('5s');
  expect(reasons().at(-1)).toBe('NO_ANSWER');
});

test('nothing is emitted while disconnected, and asking in vain disturbs no attempt', async () => {
  const { driver, attempts, request, reasons } = driven();
  await expect(driver.request('cancel', { jobId: 'a' })).rejects.toMatchObject({ code: 'NO_ANSWER' });
  driver.dispatch('CONNECT_CALLED');
  await expect(driver.request('cancel', { jobId: 'a' })).rejects.toMatchObject({ code: 'NO_ANSWER' });
  expect(request).not.toHaveBeenCalled();
  expect(reasons()).toEqual(['CONNECT_CALLED']);
  attempts[0]?.listener.onOpen();
  expect(driver.state).toBe('CONNECTED');
});
