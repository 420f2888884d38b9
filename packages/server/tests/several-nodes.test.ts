import { jobRoom } from '@notes/job-events-protocol';
import { describe, expect, it, vi } from 'vitest';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ask, record, startJobServer } from './job-server.js';
import { joinedNodes } from './support/joined-nodes.js';

async function startTwoNodes() {
  const [adapter, store] = [joinedNodes(), new MemoryJobStore()];
  const authorize = () => true;
  const nodes = await Promise.all([1, 2].map(() => startJobServer({ store, authorize }, { adapter })));
  return nodes as [(typeof nodes)[0], (typeof nodes)[0]];
}

describe('two nodes', () => {
  it('deliver what one of them is told, once to each socket', async () => {
    const [here, there] = await startTwoNodes();
    await using _ = here;
    await using __ = there;
    await here.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    const socket = await there.connect('alice');
    await ask(socket, 'subscribe', { subscriptions: [{ userId: 'alice' }, { jobId: 'job' }] });
    const received = record(socket);
    await here.emitter.emitCompleted({ jobId: 'job', userId: 'alice', result: 1 });
    await vi.waitFor(() => expect(received.map(({ event }) => event)).toEqual(['job:completed']));
  });

  it('withdraw a user’s access wherever he is connected', async () => {
    const [here, there] = await startTwoNodes();
    await using _ = here;
    await using __ = there;
    const [alice, bob] = [await there.connect('alice'), await there.connect('bob')];
    here.jobEvents.revoke({ userId: 'alice' });
    await vi.waitFor(() => expect([alice.connected, bob.connected]).toEqual([false, true]), { timeout: 2_000 });
  });

  it('withdraw one job wherever somebody watches it, from him alone', async () => {
    const [here, there] = await startTwoNodes();
    await using _ = here;
    await using __ = there;
    await here.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    const [bob, carol] = [await there.connect('bob'), await there.connect('carol')];
    for (const socket of [bob, carol]) await ask(socket, 'subscribe', { jobId: 'job' });
    here.jobEvents.revoke({ userId: 'bob', jobId: 'job' });
    const room = () => there.io.of('/jobs').adapter.rooms.get(jobRoom({ userId: 'alice', jobId: 'job' }))?.size;
    await vi.waitFor(() => expect(room()).toBe(1), { timeout: 2_000 });
    const [bobs, carols] = [record(bob), record(carol)];
    await here.emitter.emitCompleted({ jobId: 'job', userId: 'alice', result: 1 });
    await vi.waitFor(() => expect(carols).toHaveLength(1));
    await ask(bob, 'unsubscribe', { jobId: 'none' });
    expect(bobs).toEqual([]);
  });

  it('tell everybody of a cancel that came to one of them', async () => {
    const [here, there] = await startTwoNodes();
    await using _ = here;
    await using __ = there;
    await here.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    const socket = await there.connect('alice');
    await ask(socket, 'subscribe', { jobId: 'job' });
    const received = record(socket);
    await here.request('/api/jobs/job/cancel', 'alice', { method: 'POST' });
    await vi.waitFor(() => expect(received).toMatchObject([{ event: 'job:error', job: { status: 'cancelled' } }]));
  });
});
