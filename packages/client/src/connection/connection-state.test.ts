import { expect, test } from 'vitest';
import { FINAL_REASONS, transition, type Connection, type ConnectionEvent, type ConnectionReason } from './connection-state.js';

const DISCONNECTED: Connection = { state: 'DISCONNECTED' };
const lost = (reason: ConnectionReason): ConnectionEvent => ({ type: 'lost', reason });
const after = (...events: ConnectionEvent[]) => events.reduce(transition, DISCONNECTED);
const states = (...events: ConnectionEvent[]) => events.map((_, i) => after(...events.slice(0, i + 1)).state);

test('the way of the diagram: connecting, connected, lost, connected again', () => {
  expect(states({ type: 'connect' }, { type: 'accepted' }, lost('CONNECTION_LOST'), { type: 'accepted' })).toEqual([
    'CONNECTING',
    'CONNECTED',
    'RECONNECTING',
    'CONNECTED',
  ]);
});

test('an attempt that fails stays an attempt, the first as well as a later one', () => {
  expect(states({ type: 'connect' }, lost('UNREACHABLE'), lost('REFUSED'))).toEqual(Array(3).fill('CONNECTING'));
  expect(after({ type: 'connect' }, { type: 'accepted' }, lost('CONNECTION_LOST'), lost('UNREACHABLE'))).toEqual({
    state: 'RECONNECTING',
    failures: 2,
  });
});

test.each(FINAL_REASONS)('%s ends it from every state', (reason) => {
  expect(after({ type: 'connect' }, lost(reason))).toEqual(DISCONNECTED);
  expect(after({ type: 'connect' }, { type: 'accepted' }, lost(reason))).toEqual(DISCONNECTED);
  expect(after({ type: 'connect' }, { type: 'accepted' }, lost('CONNECTION_LOST'), lost(reason))).toEqual(DISCONNECTED);
});

test('failures count until a connection has settled', () => {
  const flapping = [{ type: 'connect' }, { type: 'accepted' }, lost('CONNECTION_LOST'), { type: 'accepted' }] as const;
  expect(after(...flapping)).toEqual({ state: 'CONNECTED', failures: 1 });
  expect(after(...flapping, { type: 'settled' })).toEqual({ state: 'CONNECTED', failures: 0 });
});

test('what means nothing in a state changes nothing', () => {
  for (const event of [{ type: 'accepted' }, { type: 'settled' }, lost('CONNECTION_LOST')] as const)
    expect(transition(DISCONNECTED, event)).toBe(DISCONNECTED);
  const connected = after({ type: 'connect' }, { type: 'accepted' });
  for (const event of [{ type: 'connect' }, { type: 'accepted' }] as const) expect(transition(connected, event)).toBe(connected);
});
