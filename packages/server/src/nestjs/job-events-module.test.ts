import 'reflect-metadata';
import type { AddressInfo } from 'node:net';

import { Controller, Get, Inject, Module, type CanActivate, type DynamicModule, type ExecutionContext, type INestApplication } from '@nestjs/common';
import { APP_GUARD, NestFactory, type AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { WebSocketGateway, WebSocketServer, type OnGatewayInit } from '@nestjs/websockets';
import { jobRoom, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { Server } from 'socket.io';
import { Adapter } from 'socket.io-adapter';
import { io, type Socket } from 'socket.io-client';
import { afterEach, describe, expect, it, vi } from 'vitest';

import type { JobEvents } from '../create-job-events.js';
import { JobEventEmitterService } from '../emitter/index.js';
import { MemoryJobStore } from '../store/memory-job-store.js';
import { JOB_EVENTS, JobEventsModule, type JobEventsModuleOptions } from './index.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const options = (): JobEventsModuleOptions<unknown> => ({
  authenticate: ({ token }) => (token === undefined ? null : { userId: token }),
});

interface Running {
  readonly app: INestApplication;
  readonly url: string;
  readonly emitter: JobEventEmitterService;
  readonly jobEvents: JobEvents<unknown>;
}

interface Setting {
  readonly prefix?: string | undefined;
  readonly extra?: object;
  readonly platform?: AbstractHttpAdapter;
}

async function start(imports: DynamicModule[], { prefix, extra = {}, platform = new ExpressAdapter() }: Setting = {}): Promise<Running> {
  class Application {}
  Module({ imports, ...extra })(Application);
  const app = await NestFactory.create(Application, platform, { logger: false, abortOnError: false });
  closers.push(() => app.close());
  if (prefix !== undefined) app.setGlobalPrefix(prefix);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}`, emitter: app.get<JobEventEmitterService>(JobEventEmitterService), jobEvents: app.get(JOB_EVENTS) };
}

function connect(url: string, auth: object): Socket {
  const socket = io(`${url}/jobs`, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
  closers.push(() => socket.disconnect());
  return socket;
}

const connected = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    socket.once('connect', () => resolve('connected'));
    socket.once('connect_error', (error: Error & { data?: { code?: string } }) => resolve(error.data?.code ?? error.message));
  });

const next = (socket: Socket, event: string): Promise<AnyJobSnapshot> => new Promise((resolve) => socket.once(event, resolve));

const asUser = (userId: string): RequestInit => ({ headers: { authorization: `Bearer ${userId}` } });

describe('JobEventsModule.forRoot', () => {
  it('takes what an injected emitter says to the sockets of the user', async () => {
    const { url, emitter } = await start([JobEventsModule.forRoot(options())]);
    const socket = connect(url, { token: 'ada' });
    expect(await connected(socket)).toBe('connected');
    expect(await socket.emitWithAck('subscribe', { userId: 'ada' })).toMatchObject({ ok: true, snapshots: [] });
    const progress = next(socket, 'job:progress');
    const completed = next(socket, 'job:completed');
    await emitter.run({ jobId: 'j1', userId: 'ada' }, async (job) => {
      job.stage('DOWNLOADING');
      return { noteId: 'n1' };
    });
    expect(await progress).toMatchObject({ jobId: 'j1', status: 'active' });
    expect(await completed).toMatchObject({ jobId: 'j1', status: 'completed', result: { noteId: 'n1' } });
  });

  it('asks who is there before the first socket is let in', async () => {
    const { url } = await start([JobEventsModule.forRoot(options())]);
    expect(await connected(connect(url, {}))).toBe('UNAUTHENTICATED');
  });

  it('makes a Socket.IO server without the options that createJobEvents warns of', async () => {
    const warn = vi.fn();
    const logger = { debug: vi.fn(), info: vi.fn(), warn, error: vi.fn() };
    await start([JobEventsModule.forRoot({ ...options(), logger })]);
    expect(warn).not.toHaveBeenCalled();
  });

  it('shares the server of the application, and uses the adapter it is given', async () => {
    class OwnAdapter extends Adapter {}
    let server: Server | undefined;
    class ChatGateway implements OnGatewayInit<Server> {
      afterInit(io: Server): void {
        server = io;
      }
    }
    WebSocketGateway()(ChatGateway);
    WebSocketServer()(ChatGateway.prototype, 'server');
    const { jobEvents } = await start([JobEventsModule.forRoot({ ...options(), adapter: OwnAdapter })], { extra: { providers: [ChatGateway] } });
    expect(jobEvents.gateway.namespace.server === server).toBe(true);
    expect(jobEvents.gateway.namespace.adapter instanceof OwnAdapter).toBe(true);
  });

  it('says what was said before the server was there, to other nodes too', async () => {
    const store = new MemoryJobStore();
    const broadcasts: string[] = [];
    class NotingAdapter extends Adapter {
      override broadcast(packet: { data: [string, AnyJobSnapshot] }, opts: never): void {
        broadcasts.push(`${packet.data[0]} ${packet.data[1].jobId}`);
        super.broadcast(packet, opts);
      }
    }
    class Early {
      constructor(@Inject(JobEventEmitterService) emitter: JobEventEmitterService) {
        void emitter.emitQueued({ jobId: 'early', userId: 'ada' });
      }
    }
    await start([JobEventsModule.forRoot({ ...options(), store, adapter: NotingAdapter as never })], { extra: { providers: [Early] } });
    await vi.waitFor(() => expect(broadcasts).toContain('job:progress early'));
  });
});

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const)('the status endpoint in a Nest application on %s', (_name, platform) => {
  it.each([undefined, 'api'])('answers at /api/jobs with the global prefix %s', async (prefix) => {
    const { url, emitter } = await start([JobEventsModule.forRoot(options())], { prefix, platform: platform() });
    await emitter.emitQueued({ jobId: 'j1', userId: 'ada' });
    const answer = await fetch(`${url}/api/jobs/j1`, asUser('ada'));
    expect([answer.status, await answer.json()]).toMatchObject([200, { jobId: 'j1', status: 'queued' }]);
    expect(answer.headers.get('etag')).toMatch(/^"1\.0\.0\.1\.\d+"$/);
    expect(await (await fetch(`${url}/api/jobs?ids=j1,j2`, asUser('ada'))).json()).toMatchObject({ jobs: [{ jobId: 'j1' }], unknown: ['j2'] });
    expect((await fetch(`${url}/api/jobs/j1`, asUser('eve'))).status).toBe(404);
    expect((await fetch(`${url}/api/jobs/j1/cancel`, { method: 'POST', ...asUser('ada') })).status).toBe(202);
    expect((await fetch(`${url}/api/jobs/j1`, { method: 'DELETE', ...asUser('ada') })).status).toBe(405);
  });

  it('does not start where the prefix and statusPath contradict each other, and says what to pass', async () => {
    await expect(start([JobEventsModule.forRoot(options())], { prefix: 'v2', platform: platform() })).rejects.toThrow("pass statusPath: '/v2/jobs'");
  });

  it('does not start where the module is imported twice', async () => {
    await expect(start([JobEventsModule.forRoot(options()), JobEventsModule.forRoot(options())])).rejects.toThrow('of JobEventsModule, import forRoot once');
  });

  it("obeys the application's guards, and leaves its other routes alone", async () => {
    class Guard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        return context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers['x-closed'] === undefined;
      }
    }
    class Other {
      read(): string {
        return 'other';
      }
    }
    Controller('api')(Other);
    Get('other')(Other.prototype, 'read', Object.getOwnPropertyDescriptor(Other.prototype, 'read') as PropertyDescriptor);
    const { url, emitter } = await start([JobEventsModule.forRoot(options())], {
      platform: platform(),
      extra: { controllers: [Other], providers: [{ provide: APP_GUARD, useClass: Guard }] },
    });
    await emitter.emitQueued({ jobId: 'j1', userId: 'ada' });
    const headers = { authorization: 'Bearer ada' };
    expect((await fetch(`${url}/api/jobs/j1`, { headers: { ...headers, 'x-closed': '1' } })).status).toBe(403);
    expect((await fetch(`${url}/api/jobs/j1`, { headers })).status).toBe(200);
    expect(await (await fetch(`${url}/api/other`)).text()).toBe('other');
  });
});

describe('JobEventsModule.forRootAsync', () => {
  it('takes its options from other providers', async () => {
    const TOKENS = Symbol('tokens');
    class TokensModule {}
    Module({ providers: [{ provide: TOKENS, useValue: new Map([['t1', 'ada']]) }], exports: [TOKENS] })(TokensModule);
    const { url } = await start([
      JobEventsModule.forRootAsync({
        imports: [TokensModule],
        inject: [TOKENS],
        useFactory: async (tokens: ReadonlyMap<string, string>) => ({
          authenticate: ({ token = '' }) => {
            const userId = tokens.get(token);
            return userId === undefined ? null : { userId };
          },
        }),
      }),
    ]);
    expect(await connected(connect(url, { token: 't1' }))).toBe('connected');
    expect(await connected(connect(url, { token: 't2' }))).toBe('UNAUTHENTICATED');
  });
});

describe('shutting a Nest application down', () => {
  it('stores and sends the last of it while the sockets are open, and closes the connections last', async () => {
    const order: string[] = [];
    const store = new MemoryJobStore();
    const close = vi.fn(async () => void order.push('connections closed'));
    const { app, url, emitter } = await start([JobEventsModule.forRoot({ ...options(), store, throttle: { intervalMs: 60_000 }, close })]);
    const socket = connect(url, { token: 'ada' });
    await connected(socket);
    await socket.emitWithAck('subscribe', { userId: 'ada' });
    socket.on('job:progress', ({ progress }: AnyJobSnapshot) => order.push(`progress ${progress}`));
    socket.on('disconnect', () => order.push('disconnected'));
    void emitter.emitProgress({ jobId: 'j1', userId: 'ada', stage: 'SAVING', progress: 10 });
    await vi.waitFor(() => expect(order).toEqual(['progress 10']));
    void emitter.emitProgress({ jobId: 'j1', userId: 'ada', stage: 'SAVING', progress: 77 });
    await app.close();
    await vi.waitFor(() => expect(order).toContain('disconnected'));
    expect(order.filter((entry) => entry !== 'connections closed')).toEqual(['progress 10', 'progress 77', 'disconnected']);
    expect(close).toHaveBeenCalledOnce();
    expect((await store.get(['j1']))[0]?.snapshot.progress).toBe(77);
  });
});

describe('JobEventsModule.forWorker', () => {
  it.each(['options', 'a factory'])('reports without sockets or HTTP, given %s', async (given) => {
    const store = new MemoryJobStore();
    const said: unknown[] = [];
    const broadcaster = { to: (rooms: string[]) => ({ emit: (event: string) => void said.push([rooms, event]) }) };
    const close = vi.fn(async () => undefined);
    const workerOptions = { store, broadcaster, close };
    class Worker {}
    Module({ imports: [JobEventsModule.forWorker(given === 'options' ? workerOptions : { useFactory: async () => workerOptions })] })(Worker);
    const app = await NestFactory.createApplicationContext(Worker, { logger: false, abortOnError: false });
    await app.get<JobEventEmitterService>(JobEventEmitterService).run({ jobId: 'j1', userId: 'ada' }, async () => 'done');
    expect((await store.get(['j1']))[0]?.snapshot).toMatchObject({ status: 'completed', result: 'done' });
    expect(said).toContainEqual([['user:ada', jobRoom({ userId: 'ada', jobId: 'j1' })], 'job:completed']);
    await app.close();
    expect(close).toHaveBeenCalledOnce();
  });
});
