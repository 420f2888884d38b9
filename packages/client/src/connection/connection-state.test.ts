import { expect, test } from 'vitest';
import { FINAL_REASONS, transition, type Connection, type ConnectionEvent } from './connection-state.js';

const DISCONNECTED: Connection = { state: 'DISCONNECTED', reason: 'DISCONNECT_CALLED' };
const after = (...events: ConnectionEvent[]) => events.reduce(transition, DISCONNECTED);
const states = (...events: ConnectionEvent[]) => events.map((_, i) => after(...events.slice(0, i + 1)).state);

test('the way of the diagram: connecting, connected, lost, connected again', () => {
  expect(states('CONNECT_CALLED', 'ACCEPTED', 'CONNECTION_LOST', 'ACCEPTED')).toEqual([
    'CONNECTING',
    'CONNECTED',
    'RECONNECTING',
    'CONNECTED',
  ]);
});

test('an attempt that fails stays an attempt, the first as well as a later one', () => {
  expect(states('CONNECT_CALLED', 'UNREACHABLE', 'REFUSED')).toEqual(Array(3).fill('CONNECTING'));
  expect(after('CONNECT_CALLED', 'ACCEPTED', 'CONNECTION_LOST', 'UNREACHABLE')).toEqual({ state: 'RECONNECTING', failures: 2 });
});

test.each(FINAL_REASONS)('%s ends it from every state', (reason) => {
  const ended = { state: 'DISCONNECTED', reason };
  expect(after('CONNECT_CALLED', reason)).toEqual(ended);
  expect(after('CONNECT_CALLED', 'ACCEPTED', reason)).toEqual(ended);
  expect(after('CONNECT_CALLED', 'ACCEPTED', 'CONNECTION_LOST', reason)).toEqual(ended);
});

test('waking begins anew what was refused, and never what the application disconnected', () => {
  for (const reason of FINAL_REASONS)
    expect(after('CONNECT_CALLED', reason, 'WOKE').state).toBe(reason === 'DISCONNECT_CALLED' ? 'DISCONNECTED' : 'CONNECTING');
  expect(after('CONNECT_CALLED', 'UNAUTHENTICATED', 'DISCONNECT_CALLED', 'WOKE')).toEqual(DISCONNECTED);
  expect(states('CONNECT_CALLED', 'WOKE', 'ACCEPTED', 'WOKE')).toEqual(['CONNECTING', 'CONNECTING', 'CONNECTED', 'CONNECTED']);
});

test('a token that is replaced keeps the connection going', () => {
  expect(states('CONNECT_CALLED', 'TOKEN_REPLACED')).toEqual(['CONNECTING', 'CONNECTING']);
  expect(after('CONNECT_CALLED', 'ACCEPTED', 'CONNECTION_LOST', 'TOKEN_REPLACED').state).toBe('RECONNECTING');
});

test('failures count until a connection has been stable', () => {
  const flapping = ['CONNECT_CALLED', 'ACCEPTED', 'CONNECTION_LOST', 'ACCEPTED'] as const;
  expect(after(...flapping)).toEqual({ state: 'CONNECTED', failures: 1 });
  expect(after(...flapping, 'STABLE')).toEqual({ state: 'CONNECTED', failures: 0 });
});

test('what means nothing in a state changes nothing', () => {
  for (const event of ['ACCEPTED', 'STABLE', 'CONNECTION_LOST', 'NO_ANSWER', 'DISCONNECT_CALLED'] as const)
    expect(transition(DISCONNECTED, event)).toBe(DISCONNECTED);
  const connected = after('CONNECT_CALLED', 'ACCEPTED');
  for (const event of ['CONNECT_CALLED', 'ACCEPTED'] as const) expect(transition(connected, event)).toBe(connected);
  const reconnecting = after('CONNECT_CALLED', 'ACCEPTED', 'CONNECTION_LOST');
  expect(transition(reconnecting, 'STABLE')).toBe(reconnecting);
});
