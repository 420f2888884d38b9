import { describe, expect, it, vi } from 'vitest';
import type { JobStore } from '../src/store/job-store.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ManualTiming } from './manual-timing.js';
import { JobEventEmitterService } from '../src/emitter/index.js';
import { ask, record, silent, startJobServer, type JobServer } from './job-server.js';

/** A worker elsewhere begins a run, and is not heard of again. */
const begin = (store: JobStore, jobId: string) =>
  store.begin({ jobId, userId: 'alice', attempt: 1, rerun: false, stage: 'INITIALIZING', createdAt: '2026-11-23T12:00:00.000Z' });

describe('a wish to cancel', () => {
  it('that the store cannot take is reported at most once a second, however many people read the job', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing });
    await begin(server.store, 'job');
    await server.jobEvents.cancel('job');
    vi.spyOn(server.store, 'cancel').mockRejectedValue(new Error('away'));
    for (let reads = 0; reads < 10; reads++) expect((await server.request('/api/jobs/job', 'alice')).status).toBe(200);
    timing.advance(1_000);
    await server.request('/api/jobs/job', 'alice');
    expect(server.errors.map(({ code, message }) => [code, /(\d+) times/.exec(message)?.[1]])).toEqual([['STORE_FAILED', undefined], ['STORE_FAILED', '10']]);
  });

  it('reaches everybody who watches as a request, while a run holds the job', async () => {
    await using server = await startJobServer();
    await begin(server.store, 'job');
    const socket = await server.connect('alice');
    const received = record(socket);
    await ask(socket, 'subscribe', { jobId: 'job' });
    expect(await ask(socket, 'cancel', { jobId: 'job' })).toEqual({ ok: true });
    await vi.waitFor(() => expect(received).toMatchObject([{ event: 'job:progress', job: { status: 'active', cancelRequested: true } }]));
    const response = await server.request('/api/jobs/job', 'alice');
    const etag = response.headers.get('etag') ?? '';
    expect(await response.json()).toMatchObject({ status: 'active', cancelRequested: true });
    expect((await server.request('/api/jobs/job', 'alice', { headers: { 'If-None-Match': etag } })).status).toBe(200);
  });

  it.each([
    ['over the socket', (server: JobServer) => server.connect('alice').then((socket) => ask(socket, 'cancel', { jobId: 'job' }))],
    ['over HTTP', (server: JobServer) => server.request('/api/jobs/job/cancel', 'alice', { method: 'POST' })],
  ])('%s reaches a worker elsewhere through the store, and the job ends once', async (_, cancel) => {
    await using server = await startJobServer();
    const timing = new ManualTiming();
    const worker = new JobEventEmitterService({ broadcaster: server.io.of('/jobs'), store: server.store, logger: silent, timing });
    const socket = await server.connect('alice');
    await ask(socket, 'subscribe', { userId: 'alice' });
    const received = record(socket);
    const ran = worker.run({ jobId: 'job', userId: 'alice' }, (job) =>
      new Promise<never>((_resolve, reject) => job.signal.addEventListener('abort', () => reject(job.signal.reason))));
    const ended = expect(ran).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    await vi.waitFor(() => expect(received.at(-1)).toMatchObject({ job: { status: 'active' } }));
    await cancel(server);
    await vi.waitFor(() => {
      timing.advance(1_000);
      expect(received.at(-1)).toMatchObject({ event: 'job:error', job: { status: 'cancelled' } });
    });
    await ended;
    expect(received.filter(({ event }) => event === 'job:error')).toHaveLength(1);
    await worker.close();
  });

  it('is told by sync to who missed it, though the version is the same', async () => {
    await using server = await startJobServer();
    const begun = await begin(server.store, 'job');
    const version = begun.outcome === 'begun' ? begun.record.snapshot.version : [];
    await server.jobEvents.cancel('job');
    const socket = await server.connect('alice');
    expect(await ask(socket, 'sync', { jobs: [{ jobId: 'job', version }] })).toMatchObject({ snapshots: [{ cancelRequested: true }] });
  });

  it('ends the job once its run has been silent for 30 s, as soon as somebody looks', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, store: new MemoryJobStore({ timing }) });
    await begin(server.store, 'job');
    const socket = await server.connect('alice');
    const received = record(socket);
    await ask(socket, 'subscribe', { jobId: 'job' });
    await ask(socket, 'cancel', { jobId: 'job' });
    timing.advance(29_000);
    await ask(socket, 'sync', { jobs: [] });
    timing.advance(2_000);
    await ask(socket, 'sync', { jobs: [] });
    await vi.waitFor(() => expect(received.at(-1)).toMatchObject({ event: 'job:error', job: { status: 'cancelled' } }));
    expect(received.map(({ event }) => event)).toEqual(['job:progress', 'job:error']);
  });

  it('makes nobody write to the store who only knows the id of the job', async () => {
    await using server = await startJobServer();
    await begin(server.store, 'job');
    await server.jobEvents.cancel('job');
    const cancelling = vi.spyOn(server.store, 'cancel');
    const [alice, mallory] = [await server.connect('alice'), await server.connect('mallory')];
    const asking = { jobs: [{ jobId: 'job', version: [1, 0, 0, 1] }] };
    expect(await ask(mallory, 'sync', asking)).toMatchObject({ unknown: ['job'] });
    expect(await ask(mallory, 'subscribe', { jobId: 'job' })).toMatchObject({ error: { code: 'NOT_FOUND' } });
    await server.request('/api/jobs?ids=job', 'mallory');
    expect(cancelling).not.toHaveBeenCalled();
    await ask(alice, 'sync', asking);
    expect(cancelling).toHaveBeenCalledOnce();
  });

  it.each([
    ['refused', () => false, 'FORBIDDEN', 403],
    ['broken', () => { throw new Error('broken'); }, 'INTERNAL', 503],
  ])('that onCancel finds %s changes nothing', async (_, onCancel, code, status) => {
    await using server = await startJobServer({ onCancel });
    await server.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    const socket = await server.connect('alice');
    expect(await ask(socket, 'cancel', { jobId: 'job' })).toMatchObject({ ok: false, error: { code } });
    expect((await server.request('/api/jobs/job/cancel', 'alice', { method: 'POST' })).status).toBe(status);
    expect(await server.jobEvents.getJob('job')).toMatchObject({ status: 'queued' });
  });

  it('asks onCancel with the job, its owner and who wishes it', async () => {
    const onCancel = vi.fn(() => true);
    await using server = await startJobServer({ onCancel });
    await server.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    await server.request('/api/jobs/job/cancel', 'alice', { method: 'POST' });
    expect(onCancel.mock.calls).toEqual([[expect.objectContaining({ jobId: 'job', userId: 'alice', status: 'queued' }), { userId: 'alice' }]]);
  });

  it('of the server itself asks nobody, and says what stands', async () => {
    await using server = await startJobServer({ onCancel: () => false });
    await server.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    expect(await server.jobEvents.cancel('job')).toMatchObject({ status: 'cancelled' });
    expect(await server.jobEvents.cancel('none')).toBeUndefined();
  });

  it('by a forged form of another page is refused; with a token it is not forged', async () => {
    const cookieSession = () => ({ userId: 'alice' });
    await using open = await startJobServer({ authenticate: cookieSession });
    await using strict = await startJobServer({ authenticate: cookieSession, origins: ['https://app.example.com'] });
    const post = async (server: typeof open, headers: Record<string, string>, token?: string) =>
      (await server.request('/api/jobs/none/cancel', token, { method: 'POST', headers })).json();
    const forbidden = expect.objectContaining({ code: 'FORBIDDEN' });
    const passed = expect.objectContaining({ code: 'NOT_FOUND' });
    expect(await post(open, { 'sec-fetch-site': 'cross-site' })).toEqual(forbidden);
    expect(await post(open, { 'sec-fetch-site': 'same-origin' })).toEqual(passed);
    expect(await post(open, { 'sec-fetch-site': 'cross-site' }, 'token')).toEqual(passed);
    expect(await post(strict, { origin: 'https://evil.example' })).toEqual(forbidden);
    expect(await post(strict, { origin: 'https://app.example.com' })).toEqual(passed);
  });
});
