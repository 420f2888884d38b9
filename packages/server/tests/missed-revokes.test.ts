import { describeWith, startRedis } from '@notes/test-kit';
import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import type { Authorize } from '../src/access/authorizer.js';
import { connectRedis } from '../src/redis/index.js';
import { ask, startJobServer } from './job-server.js';
import { startTcpProxy } from './support/tcp-proxy.js';

describeWith(['redis-server'], 'a node that has missed what the stream of Redis does not hold any more', () => {
  it('asks authorize at once about all that it allowed, also where it is never asked otherwise, and reports it once', async () => {
    await using server = await startRedis({ own: true });
    const port = Number(new URL(server.url).port);
    await using proxy = await startTcpProxy(port);
    const admin = new Redis(server.url);
    const errors: string[] = [];
    const connected = await connectRedis({ url: `redis://127.0.0.1:${proxy.port}`, onError: ({ code, message }) => errors.push(`${code} ${message}`) });
    const allowed = new Set(['bob', 'carol']);
    const authorize: Authorize = ({ userId }, _subscription, { job }) => job?.userId === userId || allowed.has(userId);
    {
      await using node = await startJobServer({ store: connected.store, authorize, reauthorizeEveryMs: Infinity }, { adapter: connected.adapter });
      await node.emitter.emitQueued({ jobId: 'secret', userId: 'alice' });
      const sockets = { bob: await node.connect('bob'), carol: await node.connect('carol') };
      for (const socket of Object.values(sockets)) await ask(socket, 'subscribe', { subscriptions: [{ userId: 'alice' }] });
      const watching = () => node.io.of('/jobs').adapter.rooms.get('user:alice')?.size ?? 0;
      expect(watching()).toBe(2);

      // A reader that has not begun to read has missed nothing of the stream.
      await vi.waitFor(async () => expect(await admin.client('LIST')).toContain('cmd=xread'), { timeout: 10_000 });
      // The revoke of another node comes and goes while this one is cut off.
      proxy.pointTo(1);
      await admin.call('CLIENT', 'KILL', 'SKIPME', 'yes');
      await vi.waitFor(() => expect(errors.join()).toContain("'redis stream' is lost"), { timeout: 10_000 });
      allowed.delete('bob');
      for (let index = 0; index < 3; index++) await admin.xadd('job-events', '*', 'prefix', 'job-progress');
      await admin.xtrim('job-events', 'MAXLEN', 1);
      expect(watching()).toBe(2);
      proxy.pointTo(port);
      await vi.waitFor(() => expect(watching()).toBe(1), { timeout: 10_000 });
      expect(errors.filter((error) => error.includes('lost entries before this process read them'))).toHaveLength(1);
    }
    await connected.close();
    admin.disconnect();
  });

  it('asks at once also where it could not read the stream when it began to serve', async () => {
    await using server = await startRedis({ own: true });
    const port = Number(new URL(server.url).port);
    await using proxy = await startTcpProxy(port);
    const errors: string[] = [];
    const connected = await connectRedis({ url: `redis://127.0.0.1:${proxy.port}`, onError: ({ code, message }) => errors.push(`${code} ${message}`) });
    const allowed = new Set(['bob']);
    const authorize: Authorize = ({ userId }, _subscription, { job }) => job?.userId === userId || allowed.has(userId);
    proxy.pointTo(1);
    {
      await using node = await startJobServer({ store: connected.store, authorize, reauthorizeEveryMs: Infinity }, { adapter: connected.adapter });
      await vi.waitFor(() => expect(errors.join()).toContain("'redis stream' is lost"), { timeout: 10_000 });
      await ask(await node.connect('bob'), 'subscribe', { subscriptions: [{ userId: 'alice' }] });
      const watching = () => node.io.of('/jobs').adapter.rooms.get('user:alice')?.size ?? 0;
      expect(watching()).toBe(1);
      allowed.delete('bob');
      proxy.pointTo(port);
      await vi.waitFor(() => expect(watching()).toBe(0), { timeout: 10_000 });
      expect(errors.filter((error) => error.includes('lost entries before this process read them'))).toEqual([]);
    }
    await connected.close();
  });
});
