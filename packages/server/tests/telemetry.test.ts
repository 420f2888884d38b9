import { describe, expect, it, vi } from 'vitest';
import type { Meter } from '../src/telemetry/metrics.js';
import type { Tracer } from '../src/telemetry/trace-run.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ManualTiming } from './manual-timing.js';
import { ask, startJobServer } from './job-server.js';

/** Adds up what is counted, by name and attributes. */
function countingMeter() {
  const counts: Record<string, number> = {};
  const add = (name: string) => (value: number, attributes: Record<string, string> = {}) => {
    const key = [name.replace('job_events.', ''), ...Object.values(attributes)].join(' ');
    counts[key] = (counts[key] ?? 0) + value;
  };
  const meter: Meter = {
    createCounter: (name) => ({ add: add(name) }),
    createUpDownCounter: (name) => ({ add: add(name) }),
    createHistogram: (name) => ({ record: (_value, attributes) => add(name)(1, attributes) }),
  };
  return { meter, counts };
}

describe('an OpenTelemetry meter', () => {
  it('counts sockets, subscriptions, requests and events, and comes back to zero', async () => {
    const { meter, counts } = countingMeter();
    await using server = await startJobServer({ meter });
    await expect(server.connect()).rejects.toThrow();
    const sockets = [await server.connect('alice'), await server.connect('alice')];
    await server.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    for (const socket of sockets) await ask(socket, 'subscribe', { subscriptions: [{ userId: 'alice' }, { jobId: 'job' }] });
    await ask(sockets[0]!, 'subscribe', { jobId: 'none' });
    await server.emitter.emitCompleted({ jobId: 'job', userId: 'alice', result: 1 });
    await server.request('/api/jobs/job', 'alice');
    await server.request('/api/jobs/none', 'alice');
    expect(counts).toEqual({
      sockets: 2,
      subscriptions: 4,
      'sockets.refused UNAUTHENTICATED': 1,
      'broadcasts job:progress': 1,
      'broadcasts job:completed': 1,
      deliveries: 2,
      'request.duration subscribe socket OK': 2,
      'request.duration subscribe socket NOT_FOUND': 1,
      'request.duration job http OK': 1,
      'request.duration job http NOT_FOUND': 1,
    });
    for (const socket of sockets) socket.disconnect();
    await vi.waitFor(() => expect([counts['sockets'], counts['subscriptions']]).toEqual([0, 0]));
  });

  it('tells what was reported from what was coalesced', async () => {
    const { meter, counts } = countingMeter();
    const timing = new ManualTiming();
    await using server = await startJobServer({ meter, timing, store: new MemoryJobStore({ timing }) });
    for (let progress = 1; progress <= 50; progress += 1)
      await server.emitter.emitProgress({ jobId: 'job', userId: 'alice', stage: 'SAVING', progress });
    timing.advance(1_000);
    expect(counts['reports']).toBe(50);
    expect((counts['reports.coalesced'] ?? 0) + (counts['broadcasts job:progress'] ?? 0)).toBe(50);
    expect(counts['broadcasts job:progress']).toBe(2);
  });

  it('counts faults once each, by code', async () => {
    const { meter, counts } = countingMeter();
    const store = new MemoryJobStore();
    vi.spyOn(store, 'get').mockRejectedValue(new Error('away'));
    await using server = await startJobServer({ meter, store });
    await server.request('/api/jobs/job', 'alice');
    await server.emitter.emitProgress({ jobId: '', userId: 'alice', stage: 'SAVING', progress: 1 }).catch(() => undefined);
    expect(counts).toMatchObject({ 'faults STORE_FAILED': 1, 'faults INVALID_PAYLOAD': 1 });
    expect(server.errors).toHaveLength(2);
  });
});

describe('an OpenTelemetry tracer', () => {
  it('gets one span for each run, with what it threw', async () => {
    const spans: unknown[] = [];
    const tracer: Tracer = {
      startActiveSpan: (name, { attributes }, work) => {
        const span = { name, attributes, thrown: undefined as unknown, status: 0, ended: 0 };
        spans.push(span);
        return work({
          recordException: (error) => (span.thrown = error),
          setStatus: ({ code }) => (span.status = code),
          end: () => (span.ended += 1),
        }) as ReturnType<typeof work>;
      },
    };
    await using server = await startJobServer({ tracer });
    const broken = new Error('broken');
    expect(await server.emitter.run({ jobId: 'a', userId: 'alice' }, async () => 5)).toBe(5);
    await expect(server.emitter.run({ jobId: 'b', userId: 'alice', type: 'pdf' }, () => Promise.reject(broken))).rejects.toBe(broken);
    expect(spans).toEqual([
      { name: 'job run', attributes: { 'job.id': 'a' }, thrown: undefined, status: 0, ended: 1 },
      { name: 'job run', attributes: { 'job.id': 'b', 'job.type': 'pdf' }, thrown: broken, status: 2, ended: 1 },
    ]);
  });
});
