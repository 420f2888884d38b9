import fc from 'fast-check';
import { jobRoom } from '@notes/job-events-protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, startJobServer, type JobServer } from './job-server.js';

/** For each of the five events. `FUZZ_RUNS` sets another number. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 10_000);
const EVENTS = ['subscribe', 'unsubscribe', 'sync', 'cancel', 'authenticate'] as const;

let server: JobServer;
beforeAll(async () => {
  server = await startJobServer({ limits: { eventsPerSecond: 1e9, eventBurst: 1e9, readsPerSecond: 1e9, readBurst: 1e9 } });
  await server.emitter.emitQueued({ jobId: 'victims', userId: 'victim', metadata: { secret: 'the-secret' } });
  await server.emitter.emitQueued({ jobId: 'own', userId: 'mallory' });
});
afterAll(() => server[Symbol.asyncDispose]());

const jobId = fc.constantFrom('own', 'victims', 'none', '', '__proto__', 'constructor', 'user:victim', 'job:victims');
const userId = fc.constantFrom('mallory', 'victim', '', '__proto__', 'toString');
const subscription = fc.oneof(fc.record({ jobId }), fc.record({ userId }), fc.record({ jobId, userId }));
const version = fc.oneof(fc.tuple(fc.nat(), fc.nat(3), fc.nat(), fc.nat()), fc.array(fc.double()), fc.constant(null));

/** Half of it nearly right, half of it anything. */
const payload = fc.oneof(
  subscription,
  fc.record({ subscriptions: fc.oneof(fc.array(subscription), fc.jsonValue()) }),
  fc.record({ jobs: fc.array(fc.record({ jobId, version })), cursor: fc.oneof(fc.string(), fc.jsonValue()) }, { requiredKeys: ['jobs'] }),
  fc.record({ token: fc.oneof(fc.constantFrom('mallory', 'victim', 'banned', 'outage'), fc.jsonValue()) }),
  fc.jsonValue({ maxDepth: 40 }),
  fc.anything({ withTypedArray: true, withDate: true }).filter(isSendable),
);

/** What socket.io-client itself can encode. */
function isSendable(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

const mayComeBack = new Set(['INVALID_PAYLOAD', 'UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'LIMIT_EXCEEDED', 'INTERNAL']);

describe('whatever a client sends', () => {
  it(`is answered, ends nothing and shows nothing of other people (${RUNS} payloads for each event)`, async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    let socket = await server.connect('mallory');
    try {
      for (const event of EVENTS) {
        await fc.assert(
          fc.asyncProperty(payload, fc.array(fc.jsonValue(), { maxLength: 2 }), fc.boolean(), async (first, more, acknowledged) => {
            if (!socket.connected) socket = await server.connect('mallory');
            if (!acknowledged) return void socket.emit(event, first, ...more);
            const answer = await socket.timeout(5_000).emitWithAck(event, first, ...more);
            expect(answer.ok === true || mayComeBack.has(answer.error.code)).toBe(true);
            expect(JSON.stringify(answer)).not.toContain('the-secret');
          }),
          { numRuns: RUNS },
        );
      }
      expect([...(server.io.of('/jobs').adapter.rooms.keys())]).not.toContain('user:victim');
      expect([...(server.io.of('/jobs').adapter.rooms.keys())]).not.toContain(jobRoom({ userId: 'victim', jobId: 'victims' }));
      const canary = await server.connect('victim');
      expect(await ask(canary, 'subscribe', { jobId: 'victims' })).toMatchObject({ ok: true });
      expect(unhandled).toEqual([]);
      // Only what the application's own authenticate threw was a fault.
      expect(server.errors.filter(({ code }) => code !== 'HANDLER_FAILED')).toEqual([]);
      for (const each of [socket, canary]) each.disconnect();
      await vi.waitFor(() => expect(server.jobEvents.gateway.socketCount).toBe(0));
      expect(server.io.of('/jobs').adapter.rooms.size).toBe(0);
    } finally {
      process.off('unhandledRejection', note);
    }
  }, 20_000 + RUNS * 60);

  it.each([17, 1_000, 5_000, 40_000])('nested %i deep, in a frame no client library would make', async (depth) => {
    const socket = await server.connect('mallory');
    const answers: string[] = [];
    socket.io.engine.on('packet', (packet: { data?: unknown }) => answers.push(String(packet.data)));
    for (const [id, event] of EVENTS.entries()) {
      const deep = '['.repeat(depth) + ']'.repeat(depth);
      socket.io.engine.write(`2/jobs,${id + 100}["${event}",${deep}]`);
      socket.io.engine.write(`2/jobs,["${event}",{"jobs":${deep}}]`);
      await vi.waitFor(() => expect(answers.some((answer) => answer.startsWith(`3/jobs,${id + 100}[`))).toBe(true));
    }
    expect(answers.filter((answer) => answer.includes('INVALID_PAYLOAD'))).toHaveLength(EVENTS.length);
    expect(socket.connected).toBe(true);
  });

  it('without a payload, without anything, and under names that mean something to Socket.IO', async () => {
    const socket = await server.connect('mallory');
    for (const event of [...EVENTS, 'error', 'message', 'nothing', '__proto__', 'constructor']) {
      socket.emit(event);
      socket.emit(event, null);
      socket.emit(event, ...Array.from({ length: 50 }, () => ({})));
    }
    for (const event of EVENTS) expect(await socket.timeout(5_000).emitWithAck(event)).toMatchObject({ ok: false });
    expect(socket.connected).toBe(true);
  });
});
