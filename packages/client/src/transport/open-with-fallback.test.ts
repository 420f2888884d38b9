import { expect, test, vi } from 'vitest';
import { createVirtualClock } from '../testing/virtual-clock.js';
import { openWithFallback } from './open-with-fallback.js';
import type { OpenTransport, TransportListener } from './transport.js';

function setUp() {
  const clock = createVirtualClock();
  const attempts: { way: string; listener: TransportListener; close: ReturnType<typeof vi.fn> }[] = [];
  const way = (name: string): OpenTransport => (_token, listener) => {
    const close = vi.fn();
    attempts.push({ way: name, listener, close });
    return { request: (async () => ({ ok: true, way: name })) as never, close };
  };
  const open = openWithFallback(way('preferred'), way('fallback'), clock);
  const attempt = () => {
    const listener = { onOpen: vi.fn(), onClose: vi.fn(), onEvent: vi.fn() };
    return { ...listener, link: open('token', listener) };
  };
  return { clock, attempts, attempt, ways: () => attempts.map(({ way: name }) => name) };
}

test('opens the preferred transport alone where it opens in time', async () => {
  const { clock, attempts, attempt, ways } = setUp();
  const { onOpen, onEvent } = attempt();
  attempts[0]!.listener.onOpen();
  await clock.advance(60_000);
  attempts[0]!.listener.onEvent('job:progress', 1);
  expect(ways()).toEqual(['preferred']);
  expect(onOpen).toHaveBeenCalledOnce();
  expect(onEvent).toHaveBeenCalledWith('job:progress', 1);
});

test('opens the fallback beside a transport that is silent for 2 s, and closes whichever is slower', async () => {
  const { clock, attempts, attempt, ways } = setUp();
  const { onOpen, onClose, onEvent, link } = attempt();
  await clock.advance(1_999);
  expect(ways()).toEqual(['preferred']);
  await clock.advance(1);
  expect(ways()).toEqual(['preferred', 'fallback']);
  attempts[1]!.listener.onOpen();
  expect(attempts[0]!.close).toHaveBeenCalledOnce();
  attempts[0]!.listener.onOpen();
  attempts[0]!.listener.onEvent('late', 0);
  attempts[0]!.listener.onClose('UNREACHABLE');
  expect(onOpen).toHaveBeenCalledOnce();
  expect([onClose.mock.calls, onEvent.mock.calls]).toEqual([[], []]);
  expect(await link.request('sync', { jobs: [] })).toMatchObject({ way: 'fallback' });
});

test('a slow preferred transport that opens first is kept, and stays preferred', async () => {
  const { clock, attempts, attempt, ways } = setUp();
  attempt();
  await clock.advance(3_000);
  attempts[0]!.listener.onOpen();
  expect(attempts[1]!.close).toHaveBeenCalledOnce();
  attempt();
  expect(ways()).toEqual(['preferred', 'fallback', 'preferred']);
});

test('remembers for later attempts that the fallback was needed', async () => {
  const { clock, attempts, attempt, ways } = setUp();
  const { onClose } = attempt();
  attempts[0]!.listener.onClose('UNREACHABLE');
  expect(ways()).toEqual(['preferred', 'fallback']);
  attempts[1]!.listener.onOpen();
  await clock.advance(30_000);
  attempts[1]!.listener.onClose('CONNECTION_LOST');
  expect(onClose).toHaveBeenCalledWith('CONNECTION_LOST', undefined);
  attempt();
  expect(ways()).toEqual(['preferred', 'fallback', 'fallback']);
});

test.each(['opening', 'open'])('forgets a fallback that is lost while %s, before it was stable', async (moment) => {
  const { clock, attempts, attempt, ways } = setUp();
  attempt();
  attempts[0]!.listener.onClose('UNREACHABLE');
  attempts[1]!.listener.onOpen();
  await clock.advance(30_000);
  attempts[1]!.listener.onClose('CONNECTION_LOST');
  attempt();
  if (moment === 'open') attempts[2]!.listener.onOpen();
  await clock.advance(29_000);
  attempts[2]!.listener.onClose(moment === 'open' ? 'CONNECTION_LOST' : 'UNREACHABLE');
  attempt();
  expect(ways()).toEqual(['preferred', 'fallback', 'fallback', 'preferred']);
});

test('a server that is reached by neither is unreachable, said once, and nothing is remembered', () => {
  const { attempts, attempt, ways } = setUp();
  const { onClose } = attempt();
  attempts[0]!.listener.onClose('UNREACHABLE', 'refused');
  attempts[1]!.listener.onClose('UNREACHABLE', 'refused too');
  expect(onClose.mock.calls).toEqual([['UNREACHABLE', 'refused too']]);
  attempt();
  expect(ways()).toEqual(['preferred', 'fallback', 'preferred']);
});

test('a refusal by the server itself is not tried again over the fallback', async () => {
  const { clock, attempts, attempt, ways } = setUp();
  const { onClose } = attempt();
  attempts[0]!.listener.onClose('UNAUTHENTICATED', 'Not you.');
  await clock.advance(60_000);
  expect(onClose.mock.calls).toEqual([['UNAUTHENTICATED', 'Not you.']]);
  expect(ways()).toEqual(['preferred']);
});

test('closing closes every transport that is being opened, and nothing is opened afterwards', async () => {
  const { clock, attempts, attempt, ways } = setUp();
  const { link } = attempt();
  await clock.advance(2_000);
  link.close();
  expect(attempts.map(({ close }) => close.mock.calls.length)).toEqual([1, 1]);
  attempt().link.close();
  await clock.advance(60_000);
  expect(ways()).toEqual(['preferred', 'fallback', 'preferred']);
});
