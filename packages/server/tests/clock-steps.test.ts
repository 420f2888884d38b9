import { describe, expect, it, vi } from 'vitest';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ask, byToken, record, startJobServer, type JobServer } from './job-server.js';
import { ManualTiming } from './manual-timing.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

interface Stepping {
  readonly server: JobServer;
  readonly timing: ManualTiming;
  readonly step: () => void;
}

const jobId = 'job';
const of = { jobId, userId: 'alice' };

/** Each begins under an undisturbed clock, steps it, and expects what it would have expected without the step. */
const STEADY: Record<string, (stepping: Stepping) => Promise<void>> = {
  'progress keeps its intervals': async ({ server, timing, step }) => {
    const socket = await server.connect('alice');
    await ask(socket, 'subscribe', { userId: 'alice' });
    const received = record(socket);
    const progress = () => received.flatMap(({ job }) => (job.status === 'active' ? job.progress : []));
    await server.emitter.run(of, async (job) => {
      for (const fraction of [0.1, 0.2]) {
        job.report(fraction);
        timing.advance(1_000);
      }
      step();
      for (const fraction of [0.3, 0.4, 0.5]) {
        job.report(fraction);
        timing.advance(1_000);
      }
      await vi.waitFor(() => expect(progress()).toEqual([0, 10, 20, 30, 40, 50]));
    });
  },

  'a later run has the greater epoch, and its reports win': async ({ server, step }) => {
    const epochs: number[] = [];
    const run = async () => {
      await server.emitter.run(of, async (job) => job.report(0.5));
      epochs.push((await server.store.get([jobId]))[0]!.snapshot.version[2]);
    };
    await run();
    step();
    await run();
    expect(epochs[1]).toBeGreaterThan(epochs[0]!);
    const { status, version } = (await server.store.get([jobId]))[0]!.snapshot;
    expect([status, version[0]]).toEqual(['completed', 2]);
  },

  'a claim that is repeated begins its run': async ({ server, timing, step }) => {
    await server.emitter.run(of, async () => {});
    const begin = vi.spyOn(server.store, 'begin').mockRejectedValueOnce(new Error('away'));
    const running = server.emitter.run(of, async () => 'done');
    await vi.waitFor(() => expect(begin).toHaveBeenCalledOnce());
    step();
    await vi.waitFor(async () => {
      timing.advance(100);
      expect(begin).toHaveBeenCalledTimes(2);
    });
    expect(await running).toBe('done');
  },

  'a cursor finds what changes afterwards': async ({ server, timing, step }) => {
    const socket = await server.connect('alice');
    const { cursor } = await ask(socket, 'subscribe', { userId: 'alice' });
    timing.advance(10_000);
    step();
    await server.emitter.emitQueued(of);
    const answer = await ask(socket, 'sync', { jobs: [], cursor });
    expect(answer).toMatchObject({ ok: true, snapshots: [{ jobId }] });
    timing.advance(10_000);
    step();
    await server.emitter.emitCompleted({ ...of, result: {} });
    expect(await ask(socket, 'sync', { jobs: [], cursor: answer.cursor })).toMatchObject({ snapshots: [{ status: 'completed' }] });
  },

  'a finished job stays in the list for 10 minutes': async ({ server, timing, step }) => {
    await server.emitter.emitCompleted({ ...of, result: {} });
    const socket = await server.connect('alice');
    const listed = async () => (await ask(socket, 'subscribe', { userId: 'alice' })).snapshots.length;
    step();
    timing.advance(9 * MINUTE);
    expect(await listed()).toBe(1);
    timing.advance(2 * MINUTE);
    expect(await listed()).toBe(0);
  },

  'a living run is asked to cancel, and a dead one is ended after 30 s': async ({ server, timing, step }) => {
    const { cancel } = server.jobEvents;
    await server.store.begin({ ...of, attempt: 1, rerun: false, stage: 'INITIALIZING', createdAt: '2026-11-23T12:00:00.000Z' });
    timing.advance(20_000);
    step();
    await cancel(jobId);
    expect((await server.store.get([jobId]))[0]).toMatchObject({ snapshot: { status: 'active', cancelRequested: true } });
    timing.advance(10_001);
    await cancel(jobId);
    expect((await server.store.get([jobId]))[0]).toMatchObject({ snapshot: { status: 'cancelled' } });
  },

  'heartbeats go on every 5 s': async ({ server, timing, step }) => {
    const heartbeat = vi.spyOn(server.store, 'heartbeat');
    await server.emitter.run(of, async () => {
      step();
      for (const beats of [1, 2]) {
        timing.advance(5_000);
        await vi.waitFor(() => expect(heartbeat).toHaveBeenCalledTimes(beats));
        await new Promise(setImmediate);
      }
    });
  },

  'an end waits 30 s for a store that is away': async ({ server, timing, step }) => {
    vi.spyOn(server.store, 'takeEpoch').mockRejectedValue(new Error('away'));
    const ended = vi.fn();
    server.emitter.emitCompleted({ ...of, result: {} }).then(ended, (error: { code: string }) => ended(error.code));
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 500) {
        timing.advance(500);
        await new Promise(setImmediate);
      }
    };
    await pass(5_000);
    step();
    await pass(20_000);
    expect(ended).not.toHaveBeenCalled();
    await pass(6_000);
    expect(ended).toHaveBeenCalledExactlyOnceWith('STORE_UNAVAILABLE');
  },

  'the limit of events refills by 20 a second': async ({ server, timing, step }) => {
    const socket = await server.connect('alice');
    const accepted = async () => {
      const answers = await Promise.all(Array.from({ length: 60 }, () => ask(socket, 'unsubscribe', { jobId: 'other' })));
      return answers.filter(({ ok }) => ok).length;
    };
    expect(await accepted()).toBe(50);
    step();
    expect(await accepted()).toBe(0);
    timing.advance(1_000);
    expect(await accepted()).toBe(20);
  },

  'a socket is told 30 s before its token ends, and cut 30 s after': async ({ server, timing, step }) => {
    const socket = await server.connect({ token: 'alice for 5 minutes', protocol: 1 });
    const received = record(socket);
    step();
    timing.advance(4 * MINUTE);
    expect(await ask(socket, 'unsubscribe', { jobId: 'other' })).toMatchObject({ ok: true });
    expect(received).toEqual([]);
    timing.advance(30_000);
    await vi.waitFor(() => expect(received).toMatchObject([{ event: 'auth:expiring' }]));
    timing.advance(MINUTE);
    await vi.waitFor(() => expect(socket.connected).toBe(false));
  },

  'a store that fails is reported once a second': async ({ server, timing, step }) => {
    const socket = await server.connect('alice');
    vi.spyOn(server.store, 'get').mockRejectedValue(new Error('away'));
    const fails = async () => {
      await ask(socket, 'subscribe', { jobId });
      return server.errors.length;
    };
    expect(await fails()).toBe(1);
    step();
    expect(await fails()).toBe(1);
    timing.advance(1_000);
    expect(await fails()).toBe(2);
  },
};

const STEPS = { 'steps back an hour': [-HOUR], 'steps forward an hour': [HOUR], 'steps back and forward again': [-HOUR, HOUR] };

describe.each(Object.entries(STEPS))('while the wall clock %s', (_, steps) => {
  it.each(Object.entries(STEADY))('%s', async (_title, behaves) => {
    const timing = new ManualTiming();
    let stepped = 0;
    const authenticate: typeof byToken = async (request) =>
      request.token?.endsWith('for 5 minutes') ? { userId: 'alice', expiresAt: timing.now() + 5 * MINUTE } : byToken(request);
    await using server = await startJobServer({ timing, authenticate, store: new MemoryJobStore({ timing }) });
    await behaves({ server, timing, step: () => timing.stepWallClock(steps[stepped++ % steps.length]!) });
  });
});
