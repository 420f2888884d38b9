import { jobRoom } from '@notes/job-events-protocol';
import { expect, it } from 'vitest';
import { ask, startJobServer } from './job-server.js';

it('what a socket asked for last holds, though a subscription takes longer than its end', async () => {
  await using server = await startJobServer();
  await server.emitter.emitQueued({ jobId: 'j1', userId: 'alice' });
  const socket = await server.connect('alice');
  const rooms = () => [...server.io.of('/jobs').adapter.rooms.keys()].filter((room) => room.startsWith('job:') || room.startsWith('user:'));
  for (const subscription of [{ jobId: 'j1' }, { userId: 'alice' }]) {
    const answers = await Promise.all([ask(socket, 'subscribe', subscription), ask(socket, 'unsubscribe', subscription)]);
    expect(answers).toMatchObject([{ ok: true }, { ok: true }]);
    expect(rooms()).toEqual([]);
  }
  await Promise.all([ask(socket, 'subscribe', { jobId: 'j1' }), ask(socket, 'unsubscribe', { jobId: 'j1' }), ask(socket, 'subscribe', { jobId: 'j1' })]);
  expect(rooms()).toEqual([jobRoom({ userId: 'alice', jobId: 'j1' })]);
});
