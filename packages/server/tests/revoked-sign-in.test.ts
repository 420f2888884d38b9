import { jobRoom } from '@notes/job-events-protocol';
import { describe, expect, it, vi } from 'vitest';
import type { AuthenticationRequest, Identity } from '../src/access/identity.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { ask, startJobServer } from './job-server.js';
import { joinedNodes } from './support/joined-nodes.js';

const tryAgain = { data: { code: 'INTERNAL' } };

/** An `authenticate` that has read who somebody is, and takes its time to say so where the token says `slow`. */
function slowSignIn() {
  const waiting: (() => void)[] = [];
  const authenticate = async ({ token = '' }: AuthenticationRequest): Promise<Identity> => {
    const [userId = '', pace] = token.split(' ');
    if (pace === 'slow') await new Promise<void>((resolve) => waiting.push(resolve));
    return { userId };
  };
  return {
    authenticate,
    /** Resolves when so many wait for their answer. */
    begun: (count: number) => vi.waitFor(() => expect(waiting).toHaveLength(count)),
    answer: () => { for (const resolve of waiting.splice(0)) resolve(); },
  };
}

async function startTwoNodes({ authenticate }: Pick<ReturnType<typeof slowSignIn>, 'authenticate'>) {
  const [adapter, store] = [joinedNodes(), new MemoryJobStore()];
  const start = () => startJobServer({ store, authenticate }, { adapter });
  return { here: await start(), there: await start() };
}

describe('a sign-in that began before its user was revoked', () => {
  it('does not let the socket in, and the client is told to try again', async () => {
    const signIn = slowSignIn();
    await using server = await startJobServer({ authenticate: signIn.authenticate });
    const connecting = server.connect('alice slow');
    await signIn.begun(1);
    server.jobEvents.revoke({ userId: 'alice' });
    signIn.answer();
    await expect(connecting).rejects.toMatchObject(tryAgain);
    expect((await server.connect('alice')).connected).toBe(true);
  });

  it('on another node does not let it in either, and lets others in', async () => {
    const signIn = slowSignIn();
    const { here, there } = await startTwoNodes(signIn);
    await using _ = here;
    await using __ = there;
    const [alice, bob] = [there.connect('alice slow'), there.connect('bob slow')];
    await signIn.begun(2);
    here.jobEvents.revoke({ userId: 'alice' });
    // What the nodes say to each other comes in its order.
    const told = new Promise<void>((resolve) => there.io.of('/jobs').on('told', resolve));
    here.io.of('/jobs').serverSideEmit('told');
    await told;
    signIn.answer();
    await expect(alice).rejects.toMatchObject(tryAgain);
    expect((await bob).connected).toBe(true);
    expect((await there.connect('alice')).connected).toBe(true);
  });

  it('does not keep it connected where the application’s own middleware was still asked', async () => {
    await using server = await startJobServer();
    let goOn: (() => void) | undefined;
    server.io.of('/jobs').use((_socket, next) => void (goOn = next));
    const socket = server.open('alice');
    const events: string[] = [];
    for (const event of ['connect', 'disconnect']) socket.on(event, () => events.push(event));
    await vi.waitFor(() => expect(goOn).toBeDefined());
    server.jobEvents.revoke({ userId: 'alice' });
    goOn!();
    await vi.waitFor(() => expect(events).toEqual(['connect', 'disconnect']));
    expect(server.jobEvents.gateway.socketCount).toBe(0);
  });

  it('counts as one also where it is a fresh token on a living connection', async () => {
    const signIn = slowSignIn();
    await using server = await startJobServer({ authenticate: signIn.authenticate });
    const socket = await server.connect('alice');
    socket.emit('authenticate', { token: 'alice slow' });
    await signIn.begun(1);
    server.jobEvents.revoke({ userId: 'alice' });
    signIn.answer();
    await vi.waitFor(() => expect(socket.connected).toBe(false));
    expect([server.jobEvents.gateway.socketCount, server.io.of('/jobs').sockets.size]).toEqual([0, 0]);
  });
});

it('a subscribe that was allowed before its job was revoked is asked about again, and leaves the room', async () => {
  const held: ((isAllowed: boolean) => void)[] = [];
  let isHolding = true;
  const authorize = () => isHolding && new Promise<boolean>((resolve) => held.push(resolve));
  await using server = await startJobServer({ authorize });
  await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
  const bob = await server.connect('bob');
  const answer = ask(bob, 'subscribe', { jobId: 'report' });
  await vi.waitFor(() => expect(held).toHaveLength(1));
  isHolding = false;
  server.jobEvents.revoke({ userId: 'bob', jobId: 'report' });
  held[0]!(true);
  expect(await answer).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
  expect(server.io.of('/jobs').adapter.rooms.has(jobRoom({ userId: 'alice', jobId: 'report' }))).toBe(false);
});
