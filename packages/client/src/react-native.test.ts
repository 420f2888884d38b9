import { expect, test, vi } from 'vitest';
import { createFakeJobServer } from './testing/index.js';
import { watchAppState } from './react-native.js';

type NetworkState = { readonly type: string; readonly isConnected: boolean | null };

function reactNative() {
  const app = new Set<(state: string) => void>();
  const network = new Set<(state: NetworkState) => void>();
  const wifi: NetworkState = { type: 'wifi', isConnected: true };
  return {
    AppState: {
      addEventListener(_type: 'change', listener: (state: string) => void) {
        app.add(listener);
        return { remove: () => void app.delete(listener) };
      },
    },
    NetInfo: {
      addEventListener(listener: (state: NetworkState) => void) {
        network.add(listener);
        listener(wifi);
        return () => void network.delete(listener);
      },
    },
    becomes: (state: string) => app.forEach((listener) => listener(state)),
    networkIs: (type: string, isConnected: boolean | null) => network.forEach((listener) => listener({ type, isConnected })),
    listeners: () => app.size + network.size,
  };
}

test('an app that comes to the foreground wakes the client; one that goes does not', () => {
  const { AppState, becomes } = reactNative();
  const wake = vi.fn();
  watchAppState(AppState)(wake);
  becomes('inactive');
  becomes('background');
  expect(wake).not.toHaveBeenCalled();
  becomes('active');
  expect(wake).toHaveBeenCalledOnce();
});

test('a network that comes back or is another one wakes the client; one that goes, and details of one that is there, do not', () => {
  const { AppState, NetInfo, networkIs } = reactNative();
  const wake = vi.fn();
  const watch = watchAppState(AppState, NetInfo);
  const stop = watch(wake);
  networkIs('wifi', true);
  networkIs('none', false);
  expect(wake).toHaveBeenCalledTimes(0);
  networkIs('wifi', true);
  expect(wake).toHaveBeenCalledTimes(1);
  networkIs('cellular', true);
  expect(wake).toHaveBeenCalledTimes(2);
  stop();
  watch(wake);
  expect(wake, 'back on Wi-Fi meanwhile').toHaveBeenCalledTimes(3);
});

test('a client with the option asks at once for what a sleeping app missed, and leaves no listener behind', async () => {
  const { AppState, NetInfo, becomes, listeners } = reactNative();
  const server = createFakeJobServer({ clientOptions: { watchWakeSignals: watchAppState(AppState, NetInfo) } });
  const { client } = server;
  client.subscribe({ userId: 'user-1' });
  await client.connect();
  await server.advance('1m');
  expect(listeners()).toBe(2);
  const syncs = () => server.requests.filter(({ name }) => name === 'sync').length;
  const before = syncs();
  server.wake();
  await server.advance(0);
  expect(syncs(), 'a page has no say any more').toBe(before);
  becomes('active');
  await server.advance(0);
  expect(syncs()).toBe(before + 1);
  client.disconnect();
  expect(listeners()).toBe(0);
  server.close();
});

test('an app that wakes up refused tries again', async () => {
  const { AppState, becomes, listeners } = reactNative();
  let token = 'stale';
  const server = createFakeJobServer({ clientOptions: { auth: () => token, watchWakeSignals: watchAppState(AppState) } });
  const { client } = server;
  client.subscribe({ userId: 'user-1' });
  await expect(client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await server.advance('2m');
  expect(client.state).toBe('DISCONNECTED');
  token = 'user-1#1';
  becomes('active');
  await server.advance(0);
  expect([client.state, listeners()]).toEqual(['CONNECTED', 1]);
  server.close();
});
