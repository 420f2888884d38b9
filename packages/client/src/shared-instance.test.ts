import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocketService } from './index.js';
import { shareAcrossTabs } from './tabs/index.js';

beforeEach(() => vi.stubGlobal('window', globalThis));
afterEach(() => {
  WebSocketService.reset();
  vi.unstubAllGlobals();
});

test('there is one instance, with the options it was configured with', () => {
  WebSocketService.configure({ url: 'http://jobs.test' });
  expect(WebSocketService.getInstance()).toBe(WebSocketService.getInstance());
  expect(WebSocketService.getInstance().state).toBe('DISCONNECTED');
});

test('a second copy of the module, as CommonJS beside ESM, gives the same instance', async () => {
  const first = WebSocketService.getInstance();
  vi.resetModules();
  const copy = await import('./index.js');
  expect(copy.WebSocketService).not.toBe(WebSocketService);
  expect(copy.WebSocketService.getInstance()).toBe(first);
});

test('other options than before throw; new functions that come with hot reloading take the place of the old', async () => {
  const first = WebSocketService.getInstance({ url: 'http://jobs.test', auth: () => 'old' });
  expect(() => WebSocketService.configure({ url: 'http://elsewhere.test' })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS' }),
  );
  const auth = vi.fn(() => Promise.reject(new Error('asked')));
  const fetch = vi.fn(async () => Response.json({ jobId: 'job-1', status: 'cancelled', stage: 'CANCELLED', progress: 0, version: [1, 2, 1, 1], createdAt: '', timestamp: '' }));
  const onError = vi.fn();
  expect(WebSocketService.getInstance({ url: 'http://jobs.test', auth, fetch, onError })).toBe(first);
  void first.connect();
  await vi.waitFor(() => expect(onError).toHaveBeenCalled());
  expect(auth).toHaveBeenCalledOnce();
  first.disconnect();
  auth.mockResolvedValue('new' as never);
  await first.cancel('job-1');
  expect(fetch).toHaveBeenCalledOnce();
});

test('an option that the client was made with is refused where it changes, and taken where it means the same', () => {
  const open = (name: string) => ({ url: 'http://jobs.test', transports: ['polling'] as const, shareAcrossTabs: shareAcrossTabs({ name }) });
  const first = WebSocketService.getInstance(open('user-A'));
  expect(WebSocketService.getInstance(open('user-A'))).toBe(first);
  for (const changed of [open('user-B'), { ...open('user-A'), transports: ['websocket'] as const }, { url: 'http://jobs.test' }])
    expect(() => WebSocketService.configure(changed)).toThrow(expect.objectContaining({ code: 'INVALID_OPTIONS' }));
});

test('reset forgets the instance and its options', () => {
  const first = WebSocketService.getInstance({ url: 'http://jobs.test' });
  WebSocketService.reset();
  expect(WebSocketService.getInstance({ url: 'http://elsewhere.test' })).not.toBe(first);
});

test('on a server there is no shared instance, because all users would share it', () => {
  vi.unstubAllGlobals();
  expect(() => WebSocketService.getInstance()).toThrow(expect.objectContaining({ code: 'NO_SHARED_INSTANCE' }));
  expect(new WebSocketService({ url: 'http://jobs.test' }).state).toBe('DISCONNECTED');
});
