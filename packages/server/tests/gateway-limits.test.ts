import { describe, expect, it, vi } from 'vitest';
import { ManualTiming } from './manual-timing.js';
import { ask, startJobServer } from './job-server.js';

const fault = (code: string) => ({ ok: false, error: { code, message: expect.any(String) } });

describe('limits of one client', () => {
  it('payload size: more than 64 KiB is refused, the connection stays', async () => {
    await using server = await startJobServer();
    const socket = await server.connect('alice');
    expect(await ask(socket, 'subscribe', { jobId: 'x'.repeat(70_000) })).toEqual(fault('INVALID_PAYLOAD'));
    expect(await ask(socket, 'sync', { jobs: [] })).toMatchObject({ ok: true });
  });

  it('subscriptions per socket: the 101st is refused, and possible after leaving one', async () => {
    await using server = await startJobServer();
    const socket = await server.connect('alice');
    const jobIds = Array.from({ length: 101 }, (_, index) => `job-${index}`);
    for (const jobId of jobIds) await server.emitter.emitQueued({ jobId, userId: 'alice' });
    const subscriptions = jobIds.slice(0, 100).map((jobId) => ({ jobId }));
    const answer = await ask(socket, 'subscribe', { subscriptions });
    expect([answer.snapshots.length, answer.rejected]).toEqual([100, undefined]);
    expect(await ask(socket, 'subscribe', { jobId: 'job-100' })).toEqual(fault('LIMIT_EXCEEDED'));
    expect(await ask(socket, 'subscribe', { userId: 'alice' })).toEqual(fault('LIMIT_EXCEEDED'));
    expect(await ask(socket, 'subscribe', { jobId: 'job-7' })).toMatchObject({ ok: true });
    await ask(socket, 'unsubscribe', { jobId: 'job-7' });
    expect(await ask(socket, 'subscribe', { jobId: 'job-100' })).toMatchObject({ ok: true });
  });

  it('subscriptions per socket hold though many are asked for at once', async () => {
    await using server = await startJobServer({ limits: { subscriptionsPerSocket: 5 } });
    const socket = await server.connect('alice');
    const jobIds = Array.from({ length: 40 }, (_, index) => `job-${index}`);
    for (const jobId of jobIds) await server.emitter.emitQueued({ jobId, userId: 'alice' });
    const answers = await Promise.all(jobIds.map((jobId) => ask(socket, 'subscribe', { jobId })));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(5);
  });

  it('subscriptions per socket hold for the jobs of other users, which take time to decide about', async () => {
    await using server = await startJobServer({ limits: { subscriptionsPerSocket: 5 }, authorize: async () => true });
    const socket = await server.connect('alice');
    const userIds = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    for (const userId of userIds) await server.emitter.emitQueued({ jobId: `of-${userId}`, userId });
    const answers = await Promise.all(userIds.map((userId) => ask(socket, 'subscribe', { userId })));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(5);
  });

  it('batch size: more than 100 at once are refused', async () => {
    await using server = await startJobServer();
    const socket = await server.connect('alice');
    const subscriptions = Array.from({ length: 101 }, (_, index) => ({ jobId: `job-${index}` }));
    expect(await ask(socket, 'subscribe', { subscriptions })).toEqual(fault('INVALID_PAYLOAD'));
    expect(await ask(socket, 'unsubscribe', { subscriptions })).toEqual(fault('INVALID_PAYLOAD'));
  });

  it('sockets per user: the next is told to try again, and comes in when one has gone', async () => {
    await using server = await startJobServer({ limits: { socketsPerUser: 2 } });
    const first = await server.connect('alice');
    await server.connect('alice');
    await expect(server.connect('alice')).rejects.toMatchObject({ data: { code: 'LIMIT_EXCEEDED' } });
    await expect(server.connect('bob')).resolves.toBeDefined();
    first.disconnect();
    await vi.waitFor(() => server.connect('alice'));
  });

  it('sockets per user hold though all come at once through a slow sign-in', async () => {
    let resolve = (): void => undefined;
    const signIn = new Promise<void>((done) => (resolve = done));
    let waiting = 0;
    await using server = await startJobServer({
      limits: { socketsPerUser: 3 },
      authenticate: async () => {
        waiting += 1;
        await signIn;
        return { userId: 'alice' };
      },
    });
    const attempts = Array.from({ length: 10 }, () => server.connect('x').then(() => 'in', (error) => error.data.code));
    await vi.waitFor(() => expect(waiting).toBe(10));
    resolve();
    expect((await Promise.all(attempts)).sort()).toEqual([...Array(7).fill('LIMIT_EXCEEDED'), 'in', 'in', 'in'].sort());
  });

  it('sockets per user forget one that only left the namespace, and one that another middleware refused', async () => {
    await using server = await startJobServer({ limits: { socketsPerUser: 1 } });
    const shared = await server.connect('alice');
    const elsewhere = shared.io.socket('/');
    await new Promise<void>((resolve) => elsewhere.connect().once('connect', resolve));
    shared.disconnect();
    const again = await vi.waitFor(() => server.connect('alice'));
    again.disconnect();
    elsewhere.disconnect();

    let refuses = true;
    server.io.of('/jobs').use((_socket, next) => next(refuses ? new Error('Not today.') : undefined));
    const refused = server.open('alice');
    await new Promise((resolve) => refused.once('connect_error', resolve));
    refuses = false;
    await vi.waitFor(() => server.connect('alice'));
  });

  it('sockets per user forget one whose connection closed amid a slow sign-in', async () => {
    const signIns: (() => void)[] = [];
    let isSlow = true;
    await using server = await startJobServer({
      limits: { socketsPerUser: 1 },
      authenticate: async () => {
        if (isSlow) await new Promise<void>((resolve) => signIns.push(resolve));
        return { userId: 'alice' };
      },
    });
    const impatient = server.open('alice');
    await vi.waitFor(() => expect(signIns).toHaveLength(1));
    impatient.disconnect();
    await vi.waitFor(() => expect(server.io.engine.clientsCount).toBe(0));
    signIns[0]!();
    isSlow = false;
    await expect(server.connect('alice')).resolves.toBeDefined();
  });

  it('sign-ins of one connection: only one at a time is asked about, however often its client sends that it connects', async () => {
    const signIns: (() => void)[] = [];
    await using server = await startJobServer({
      authenticate: async () => {
        await new Promise<void>((resolve) => signIns.push(resolve));
        return { userId: 'alice' };
      },
    });
    const connection = new WebSocket(`${server.origin.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const received: string[] = [];
    connection.addEventListener('message', ({ data }) => received.push(String(data)));
    await vi.waitFor(() => expect(received).toHaveLength(1));
    for (let count = 0; count < 100; count++) connection.send('40/jobs,{"token":"alice"}');
    await vi.waitFor(() => expect(received).toHaveLength(100));
    expect(received.filter((packet) => packet.startsWith('44/jobs,') && packet.includes('RATE_LIMITED'))).toHaveLength(99);
    expect(signIns).toHaveLength(1);
    signIns[0]!();
    await vi.waitFor(() => expect(received.at(-1)).toMatch(/^40\/jobs,/));
    expect(server.jobEvents.gateway.socketCount).toBe(1);
    connection.close();
  });

  it('a connection that joins and leaves the namespace again and again keeps nothing of it', async () => {
    await using server = await startJobServer();
    const socket = await server.connect('alice');
    const elsewhere = socket.io.socket('/');
    await new Promise<void>((resolve) => elsewhere.connect().once('connect', resolve));
    const [connection] = [...server.io.of('/jobs').sockets.values()].map(({ conn }) => conn);
    const listeners = (): number => (connection as unknown as NodeJS.EventEmitter).listenerCount('close');
    const before = listeners();
    for (let round = 0; round < 5; round += 1) {
      socket.disconnect();
      await vi.waitFor(() => expect(server.jobEvents.gateway.socketCount).toBe(0));
      await new Promise<void>((resolve) => socket.connect().once('connect', resolve));
    }
    expect(listeners()).toBe(before);
    elsewhere.disconnect();
  });

  it('events per second: what comes too fast is answered so, and a flood is cut off', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, limits: { eventBurst: 5 } });
    const socket = await server.connect('alice');
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(socket, 'sync', { jobs: [] })));
    expect(answers.map(({ ok, error }) => (ok ? 'ok' : error.code))).toEqual([...Array(5).fill('ok'), ...Array(3).fill('RATE_LIMITED')]);
    timing.advance(50);
    expect(await ask(socket, 'sync', { jobs: [] })).toMatchObject({ ok: true });
    for (let count = 0; count < 60; count += 1) socket.emit('never heard of');
    await vi.waitFor(() => expect(socket.connected).toBe(false), { timeout: 20_000 });
  });

  it('events per second hold over HTTP too, for each user alone', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, limits: { eventBurst: 2 } });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await server.request('/api/jobs', 'alice')).status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await server.request('/api/jobs', 'bob')).status).toBe(200);
    timing.advance(1_000);
    expect((await server.request('/api/jobs', 'alice')).status).toBe(200);
  });
});

describe('a list that does not fit into one answer', () => {
  it('comes in parts over the socket, each job once', async () => {
    await using server = await startJobServer();
    for (let index = 0; index < 450; index += 1) await server.store.insert({ jobId: `job-${index}`, userId: 'alice', createdAt: new Date(index).toISOString() });
    const socket = await server.connect('alice');
    let answer = await ask(socket, 'subscribe', { userId: 'alice' });
    const jobIds: string[] = answer.snapshots.map((job: any) => job.jobId);
    expect([jobIds.length, jobIds[0], answer.more]).toEqual([200, 'job-449', true]);
    const known = new Map<string, object>(answer.snapshots.map((job: any) => [job.jobId, job]));
    while (answer.more) {
      const jobs = [...known.values()].slice(0, 200).map(({ jobId, version }: any) => ({ jobId, version }));
      answer = await ask(socket, 'sync', { jobs, cursor: answer.cursor });
      expect(answer.snapshots.length).toBeLessThanOrEqual(200);
      for (const job of answer.snapshots) known.set(job.jobId, job);
    }
    expect(known.size).toBe(450);
  });

  it('comes in parts over HTTP', async () => {
    await using server = await startJobServer();
    for (let index = 0; index < 450; index += 1) await server.store.insert({ jobId: `job-${index}`, userId: 'alice', createdAt: new Date(index).toISOString() });
    const seen = new Set<string>();
    let cursor = '';
    for (let more = true; more; ) {
      const page: any = await (await server.request(`/api/jobs?cursor=${cursor}`, 'alice')).json();
      for (const { jobId } of page.jobs) seen.add(jobId);
      ({ cursor, more } = page);
    }
    expect(seen.size).toBe(450);
  });

  it('owes what a batch of large jobs left out, and pays with the next syncs', async () => {
    await using server = await startJobServer();
    const jobIds = Array.from({ length: 20 }, (_, index) => `large-${index}`);
    for (const jobId of jobIds) await server.emitter.emitCompleted({ jobId, userId: 'alice', result: 'x'.repeat(30_000) });
    const socket = await server.connect('alice');
    let answer = await ask(socket, 'subscribe', { subscriptions: jobIds.map((jobId) => ({ jobId })) });
    const seen: string[] = answer.snapshots.map((job: any) => job.jobId);
    expect([seen.length, answer.more]).toEqual([4, true]);
    while (answer.more) {
      answer = await ask(socket, 'sync', { jobs: [] });
      expect(Buffer.byteLength(JSON.stringify(answer.snapshots))).toBeLessThanOrEqual(131_072);
      seen.push(...answer.snapshots.map((job: any) => job.jobId));
    }
    expect(seen.sort()).toEqual([...jobIds].sort());
  });

  it('is finished by asking again for ids that were neither given nor unknown', async () => {
    await using server = await startJobServer();
    let missing = Array.from({ length: 20 }, (_, index) => `large-${index}`);
    for (const jobId of missing) await server.emitter.emitCompleted({ jobId, userId: 'alice', result: 'x'.repeat(30_000) });
    for (let rounds = 0; missing.length > 0 && rounds < 10; rounds += 1) {
      const page: any = await (await server.request(`/api/jobs?ids=${missing.join(',')}`, 'alice')).json();
      expect(page.unknown).toEqual([]);
      const given = new Set(page.jobs.map((job: any) => job.jobId));
      missing = missing.filter((jobId) => !given.has(jobId));
    }
    expect(missing).toEqual([]);
  });
});
