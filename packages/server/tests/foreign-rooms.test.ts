import { describe, expect, it, vi } from 'vitest';
import type { Authorize } from '../src/access/authorizer.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import { joinedNodes } from './support/joined-nodes.js';
import { ask, record, startJobServer, type JobServer } from './job-server.js';

const older = (jobId: string) => ({ jobId, version: [1, 0, 0, 1] });
const idsOf = (received: readonly { job: { jobId: string } }[]) => new Set(received.map(({ job }) => job.jobId));
const listOf = ({ snapshots }: { snapshots: readonly { jobId: string }[] }) => snapshots.map(({ jobId }) => jobId).sort();

/** Carol may watch all jobs of ann, but for those that were taken from her by their id. */
function annsViewer() {
  const taken = new Set<string>();
  const authorize = vi.fn<Authorize>((identity, subscription, { job }) =>
    'userId' in subscription ? ['ann', identity.userId].includes(subscription.userId) : job?.userId === identity.userId || !taken.has(subscription.jobId));
  return { taken, authorize };
}

let seq = 0;
const progress = ({ emitter }: JobServer, jobId: string, userId = 'ann') => emitter.emitProgress({ jobId, userId, stage: `S${(seq += 1)}`, progress: 1 });

describe('a job that authorize denies by its id', () => {
  it('is neither listed nor live for a viewer of its owner on a process that started after the revoke', async () => {
    const { taken, authorize } = annsViewer();
    const store = new MemoryJobStore();
    await using before = await startJobServer({ store, authorize });
    for (const jobId of ['secret', 'plain']) await progress(before, jobId);
    taken.add('secret');
    before.jobEvents.revoke({ userId: 'carol', jobId: 'secret' });

    await using after = await startJobServer({ store, authorize });
    const carol = await after.connect('carol');
    const received = record(carol);
    expect(listOf(await ask(carol, 'subscribe', { userId: 'ann' }))).toEqual(['plain']);
    for (const jobId of ['secret', 'plain']) await progress(after, jobId);
    await after.emitter.emitCompleted({ jobId: 'secret', userId: 'ann', result: 1 });
    await after.emitter.emitCompleted({ jobId: 'plain', userId: 'ann', result: 1 });
    await vi.waitFor(() => expect(received.map(({ event }) => event)).toContain('job:completed'));
    expect(idsOf(received)).toEqual(new Set(['plain']));
    expect(await ask(carol, 'sync', { jobs: [older('secret')] })).toMatchObject({ unknown: ['secret'] });
  });

  it('is so after more revokes of one user than a process remembers', async () => {
    const { taken, authorize } = annsViewer();
    await using server = await startJobServer({ authorize });
    await progress(server, 'secret');
    for (const jobId of ['secret', ...Array.from({ length: 101 }, (_, index) => `other-${index}`)]) {
      taken.add(jobId);
      server.jobEvents.revoke({ userId: 'carol', jobId });
    }
    const carol = await server.connect('carol');
    const received = record(carol);
    expect(listOf(await ask(carol, 'subscribe', { userId: 'ann' }))).toEqual([]);
    await progress(server, 'secret');
    await progress(server, 'last');
    await vi.waitFor(() => expect(idsOf(received)).toEqual(new Set(['last'])));
  });

  it('is not in the list that its viewer asks for over HTTP, where the other jobs of its owner are, and are not foreign', async () => {
    const { taken, authorize } = annsViewer();
    await using server = await startJobServer({ authorize });
    for (const jobId of ['secret', 'plain', 'named']) await progress(server, jobId);
    await progress(server, 'own', 'carol');
    taken.add('secret');
    const get = async (query: string, token = 'carol') => (await server.request(`/api/jobs${query}`, token)).json() as Promise<any>;
    const listed = await get('?ids=named,secret&cursor=&user=ann');
    expect([listOf({ snapshots: listed.jobs }), listed.unknown, listed.foreign, listed.more]).toEqual([['named', 'plain'], ['secret'], undefined, false]);
    expect(await get('?ids=named')).toMatchObject({ foreign: ['named'] });
    expect(listOf({ snapshots: (await get('?cursor=')).jobs })).toEqual(['own']);
    await progress(server, 'later');
    expect(listOf({ snapshots: (await get(`?cursor=${listed.cursor}&user=ann`)).jobs })).toContain('later');
    expect(await get('?cursor=&user=carol', 'ann')).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('ends with its first event where it was not listed, and again within the interval of reauthorization, on nodes too', async () => {
    const { taken, authorize } = annsViewer();
    const adapter = joinedNodes();
    const store = new MemoryJobStore();
    await using worker = await startJobServer({ store, authorize }, { adapter });
    await using server = await startJobServer({ store, authorize, reauthorizeEveryMs: 50 }, { adapter });
    const carol = await server.connect('carol');
    const received = record(carol);
    await ask(carol, 'subscribe', { userId: 'ann' });
    taken.add('late');
    await progress(worker, 'late');
    const withheld = () => server.io.of('/jobs').adapter.rooms.get('withheld:late')?.size;
    await vi.waitFor(() => expect(withheld()).toBe(1));
    await progress(worker, 'late');
    await progress(worker, 'plain');
    await vi.waitFor(() => expect(idsOf(received)).toContain('plain'));
    expect(received.filter(({ job }) => job.jobId === 'late')).toHaveLength(1);
    taken.add('plain');
    await vi.waitFor(async () => {
      await progress(worker, 'plain');
      expect(server.io.of('/jobs').adapter.rooms.get('withheld:plain')?.size).toBe(1);
    }, { timeout: 10_000, interval: 100 });
  });

  it('comes back with the sync that finds it allowed', async () => {
    const { taken, authorize } = annsViewer();
    await using server = await startJobServer({ authorize });
    await progress(server, 'secret');
    taken.add('secret');
    const carol = await server.connect('carol');
    await ask(carol, 'subscribe', { userId: 'ann' });
    taken.clear();
    expect(await ask(carol, 'sync', { jobs: [older('secret')] })).toMatchObject({ snapshots: [{ jobId: 'secret' }], unknown: [] });
    const received = record(carol);
    await progress(server, 'secret');
    await vi.waitFor(() => expect(received).toHaveLength(1));
  });

  it('stays with its owner, also where the owner watches another user', async () => {
    const denyAllById: Authorize = (_identity, subscription) => 'userId' in subscription;
    await using server = await startJobServer({ authorize: denyAllById });
    const bob = await server.connect('bob');
    const received = record(bob);
    await ask(bob, 'subscribe', { subscriptions: [{ userId: 'ann' }, { userId: 'bob' }] });
    await progress(server, 'mine', 'bob');
    await vi.waitFor(() => expect(received).toHaveLength(1));
    await ask(bob, 'sync', { jobs: [older('mine')] });
    await progress(server, 'mine', 'bob');
    await vi.waitFor(() => expect(received).toHaveLength(2));
  });

  it('costs those nothing who watch their own jobs', async () => {
    const { authorize } = annsViewer();
    const store = new MemoryJobStore();
    await using server = await startJobServer({ store, authorize });
    const ann = await server.connect('ann');
    const received = record(ann);
    await ask(ann, 'subscribe', { userId: 'ann' });
    const reading = vi.spyOn(store, 'get');
    authorize.mockClear();
    await progress(server, 'mine');
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect([reading.mock.calls.length, authorize.mock.calls.length]).toEqual([0, 0]);
  });
});

describe('revoking a job from its owner', () => {
  it('leaves the socket in the room that follows the job by its id', async () => {
    await using server = await startJobServer();
    await progress(server, 'mine', 'bob');
    const bob = await server.connect('bob');
    const received = record(bob);
    await ask(bob, 'subscribe', { jobId: 'mine' });
    server.jobEvents.revoke({ userId: 'bob', jobId: 'mine' });
    await vi.waitFor(() => expect(server.io.of('/jobs').adapter.rooms.has('withheld:mine')).toBe(false));
    await progress(server, 'mine', 'bob');
    await vi.waitFor(() => expect(received).toHaveLength(1));
  });
});
