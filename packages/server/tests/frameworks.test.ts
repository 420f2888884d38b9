import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createJobEvents, type JobEventsWithoutSockets } from '../src/create-job-events.js';
import { byToken, silent } from './job-server.js';

type JobEvents = JobEventsWithoutSockets;

const job = { jobId: 'report', userId: 'alice' };
const body = { fileId: 'f1', jobId: 'not this one' };

/** The few lines that an application writes: the status endpoint, an upload that begins a job, a route of its own. */
const frameworks: Record<string, (jobEvents: JobEvents) => Promise<Server> | Server> = {
  'node:http': (jobEvents) =>
    createServer((request, response) =>
      jobEvents.nodeHandler(request, response, async () => {
        if (request.url === '/upload') await (await jobEvents.accepted(job, { body })).send(response);
        else response.end('own');
      }),
    ),

  Express: (jobEvents) => {
    const app = express();
    app.use(jobEvents.nodeHandler);
    app.post('/upload', async (_request, response) => (await jobEvents.accepted(job, { body })).send(response));
    app.get('/own', (_request, response) => void response.send('own'));
    return createServer(app);
  },

  'Express, mounted under a path and with a body parser': (jobEvents) => {
    const app = express();
    app.use(express.json());
    app.use('/api', jobEvents.nodeHandler);
    app.post('/upload', async (_request, response) => (await jobEvents.accepted(job, { body })).send(response));
    app.get('/own', (_request, response) => void response.send('own'));
    return createServer(app);
  },

  Fastify: async (jobEvents) => {
    const app = Fastify();
    app.all('/api/jobs*', (request, reply) => {
      reply.hijack();
      jobEvents.nodeHandler(request.raw, reply.raw);
    });
    app.post('/upload', async () => (await jobEvents.accepted(job, { body })).response);
    app.get('/own', async () => 'own');
    await app.ready();
    return app.server;
  },

  Hono: (jobEvents) => {
    const app = new Hono();
    app.all('/api/jobs/*', (context) => jobEvents.handler(context.req.raw));
    app.post('/upload', async () => (await jobEvents.accepted(job, { body })).response);
    app.get('/own', (context) => context.text('own'));
    return createServer(getRequestListener(app.fetch));
  },
};

describe.each(Object.entries(frameworks))('the status endpoint in %s', (_, serve) => {
  let jobEvents: JobEvents;
  let server: Server;
  let origin: string;
  const request = (path: string, init: RequestInit = {}) =>
    fetch(origin + path, { ...init, headers: { Authorization: 'Bearer alice', ...(init.headers as Record<string, string>) } });

  beforeEach(async () => {
    jobEvents = createJobEvents({ broadcaster: { to: () => ({ emit: () => true }) } }, { authenticate: byToken });
    server = await serve(jobEvents);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await jobEvents.close();
  });

  it('goes with an upload from 202 to the end', async () => {
    const accepted = await request('/upload', { method: 'POST' });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe('/api/jobs/report');
    expect(Number(accepted.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(accepted.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await accepted.json()).toMatchObject({ jobId: 'report', status: 'queued', progress: 0, fileId: 'f1' });

    const status = await request('/api/jobs/report');
    const etag = status.headers.get('etag') ?? '';
    expect([status.status, await status.json()]).toEqual([200, expect.objectContaining({ jobId: 'report' })]);
    expect((await request('/api/jobs/report', { headers: { 'If-None-Match': etag } })).status).toBe(304);
    expect(await (await request('/api/jobs?ids=report,none')).json()).toMatchObject({ jobs: [{ jobId: 'report' }], unknown: ['none'] });
    expect(await (await request('/api/jobs')).json()).toMatchObject({ jobs: [{ jobId: 'report' }], more: false });

    const cancelled = await request('/api/jobs/report/cancel', { method: 'POST' });
    expect([cancelled.status, await cancelled.json()]).toEqual([202, expect.objectContaining({ status: 'cancelled' })]);
  });

  it('leaves the application its own routes', async () => {
    expect(await (await request('/own')).text()).toBe('own');
  });

  it('answers HEAD without a body, other methods with 405, strangers with 401', async () => {
    await request('/upload', { method: 'POST' });
    const head = await request('/api/jobs/report', { method: 'HEAD' });
    expect([head.status, await head.text(), head.headers.has('etag')]).toEqual([200, '', true]);
    expect((await request('/api/jobs/report', { method: 'DELETE' })).status).toBe(405);
    const stranger = await fetch(`${origin}/api/jobs/report`);
    expect([stranger.status, stranger.headers.get('content-type')]).toEqual([401, 'application/problem+json']);
  });
});

describe('the status endpoint', () => {
  it('survives requests that the web’s own Request refuses', async () => {
    const jobEvents = createJobEvents({ broadcaster: { to: () => ({ emit: () => true }) } }, { authenticate: byToken });
    const server = createServer(jobEvents.nodeHandler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { connect } = await import('node:net');
    const statusOf = (requestLine: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(`${requestLine} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`));
        let text = '';
        socket.on('data', (data) => (text += data)).on('end', () => resolve(text.split(' ')[1] ?? '')).on('error', reject);
      });
    expect(await statusOf('TRACE /api/jobs')).toBe('405');
    expect(await statusOf('GET //')).toBe('404');
    expect(await statusOf('GET http://[/api/jobs')).toBe('404');
    expect(await statusOf('OPTIONS *')).toBe('404');
    expect(await statusOf('GET /api/jobs')).toBe('401');
    await new Promise((resolve) => server.close(resolve));
    await jobEvents.close();
  });

  it('answers pages of the allowed origins, and no others', async () => {
    const origins = ['https://app.example.com'];
    const jobEvents = createJobEvents({ broadcaster: { to: () => ({ emit: () => true }) } }, { authenticate: byToken, origins });
    const ask = (method: string, origin: string) =>
      jobEvents.handler(new Request('http://x/api/jobs/none', { method, headers: { origin, authorization: 'Bearer alice' } }));
    const preflight = await ask('OPTIONS', 'https://app.example.com');
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    expect((await ask('GET', 'https://app.example.com')).headers.get('access-control-allow-origin')).toBe('https://app.example.com');
    const foreign = await ask('GET', 'https://evil.example');
    expect([foreign.headers.has('access-control-allow-origin'), foreign.headers.get('vary')]).toEqual([false, 'Origin']);
    await jobEvents.close();
  });

  it('can stand elsewhere, and says so in Location', async () => {
    const jobEvents = createJobEvents({ broadcaster: { to: () => ({ emit: () => true }) } }, { authenticate: byToken, statusPath: '/v2/status/' });
    const { response } = await jobEvents.accepted({ jobId: 'a:b', userId: 'alice' });
    expect(response.headers.get('location')).toBe('/v2/status/a%3Ab');
    const request = new Request('http://x/v2/status/a%3Ab', { headers: { authorization: 'Bearer alice' } });
    expect(await (await jobEvents.handler(request)).json()).toMatchObject({ jobId: 'a:b' });
    await jobEvents.close();
  });
});

describe('a server’s own view of jobs', () => {
  it('finds one, and lists those of a user', async () => {
    const jobEvents = createJobEvents({ broadcaster: { to: () => ({ emit: () => true }) } }, { authenticate: byToken });
    await jobEvents.accepted(job);
    expect(await jobEvents.getJob('report')).toMatchObject({ jobId: 'report', status: 'queued' });
    expect(await jobEvents.getJob('none')).toBeUndefined();
    expect(await jobEvents.listJobs('alice')).toMatchObject([{ jobId: 'report' }]);
    expect(await jobEvents.listJobs('bob')).toEqual([]);
    await jobEvents.close();
  });

  it('refuses to announce a job under an id that is somebody else’s', async () => {
    const onError = vi.fn();
    const jobEvents = createJobEvents({ broadcaster: { to: () => ({ emit: () => true }) } }, { authenticate: byToken, logger: silent, onError });
    await jobEvents.accepted(job);
    await expect(jobEvents.accepted({ ...job, userId: 'bob' })).rejects.toMatchObject({ code: 'FOREIGN_JOB' });
    expect(onError).toHaveBeenCalledOnce();
    await jobEvents.close();
  });
});
