import { describe, expect, it, vi } from 'vitest';
import type { Identity } from '../src/access/identity.js';
import { ManualTiming } from './manual-timing.js';
import { ask, record, startJobServer } from './job-server.js';

class Person implements Identity {
  role = 'viewer';
  constructor(public userId: string) {}
  get isViewer(): boolean {
    return this.role === 'viewer';
  }
}

describe('an identity', () => {
  it('stays what it was at sign-in, over the socket and over HTTP, whatever becomes of the object', async () => {
    const person = new Person('alice');
    const asked: Identity[] = [];
    const authorize = vi.fn((identity: Person, subscription: object) => {
      asked.push(identity);
      person.userId = 'bob';
      return 'userId' in subscription ? subscription.userId === identity.userId : true;
    });
    await using server = await startJobServer<Person>({ authenticate: () => { person.userId = 'alice'; return person; }, authorize });
    const socket = await server.connect('any');
    person.userId = 'bob';
    expect(await ask(socket, 'subscribe', { userId: 'bob' })).toMatchObject({ error: { code: 'FORBIDDEN' } });
    expect(await ask(socket, 'subscribe', { userId: 'alice' })).toMatchObject({ ok: true });
    await server.request('/api/jobs/none', 'any');
    expect(asked.map((identity) => [identity.userId, Object.isFrozen(identity), identity === person])).toEqual(Array.from({ length: 3 }, () => ['alice', true, false]));
  });

  it('keeps the fields and the prototype of the application’s own', async () => {
    const authorize = vi.fn((identity: Person) => identity instanceof Person && identity.isViewer);
    await using server = await startJobServer<Person>({ authenticate: () => new Person('alice'), authorize });
    expect(await ask(await server.connect('any'), 'subscribe', { userId: 'alice' })).toMatchObject({ ok: true });
  });

  it('whose userId is read once is believed once', async () => {
    let reads = 0;
    const authenticate = () => ({ get userId() { return (reads += 1) === 1 ? 'alice' : 'bob'; } });
    await using server = await startJobServer({ authenticate });
    expect(await ask(await server.connect('any'), 'subscribe', { userId: 'alice' })).toMatchObject({ ok: true });
  });

  it.each([
    ['is a text', 'alice'],
    ['cannot be read', new Proxy({}, { get: () => { throw new Error('gone'); } })],
  ])('that %s is reported, and the client tries again', async (_, identity) => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing, authenticate: () => identity as never });
    await expect(server.connect('any')).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
    timing.advance(1_000);
    expect((await server.request('/api/jobs', 'any')).status).toBe(503);
    expect(server.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED', 'HANDLER_FAILED']);
  });

  it('that has ended already is refused, at connect, over HTTP and as a fresh token: the grace is for living connections', async () => {
    const timing = new ManualTiming();
    const authenticate = ({ token }: { token: string | undefined }) => ({ userId: 'alice', expiresAt: timing.now() + (token === 'good' ? 60_000 : 0) });
    await using server = await startJobServer({ timing, authenticate });
    await expect(server.connect('old')).rejects.toMatchObject({ data: { code: 'UNAUTHENTICATED' } });
    expect((await server.request('/api/jobs', 'old')).status).toBe(401);
    const socket = await server.connect('good');
    expect(await ask(socket, 'authenticate', { token: 'old' })).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
  });

  it('that was revoked while it signed in is told to try again, over HTTP too', async () => {
    let answer: (() => void) | undefined;
    let isSlow = true;
    await using server = await startJobServer({
      authenticate: async () => {
        if (isSlow) await new Promise<void>((resolve) => (answer = resolve));
        return { userId: 'alice' };
      },
    });
    const asking = server.request('/api/jobs', 'any');
    await vi.waitFor(() => expect(answer).toBeDefined());
    isSlow = false;
    server.jobEvents.revoke({ userId: 'alice' });
    answer!();
    expect((await asking).status).toBe(503);
    expect((await server.request('/api/jobs', 'any')).status).toBe(200);
  });

  it('that the application cannot check is reported at most once a second, however many clients come', async () => {
    const timing = new ManualTiming();
    await using server = await startJobServer({ timing });
    for (let client = 0; client < 20; client++) expect((await server.request('/api/jobs', 'outage')).status).toBe(503);
    timing.advance(1_000);
    await expect(server.connect('outage')).rejects.toMatchObject({ data: { code: 'INTERNAL' } });
    expect(server.errors.map(({ code, message }) => [code, message.split('.')[0]])).toEqual([
      ['HANDLER_FAILED', 'authenticate threw, so the client is told to try again'],
      ['HANDLER_FAILED', 'authenticate threw, so the client is told to try again (20 times since the last report)'],
    ]);
    expect(server.errors[0]!.message).toContain('The token store is away. If this means that nobody is signed in');
  });

  it('that is never answered is not said to have been thrown', async () => {
    const timing = new ManualTiming();
    const authenticate = vi.fn(() => new Promise<never>(() => {}));
    await using server = await startJobServer({ timing, authenticate });
    const asking = server.request('/api/jobs', 'any');
    await vi.waitFor(() => expect(authenticate).toHaveBeenCalled());
    timing.advance(5_000);
    expect((await asking).status).toBe(503);
    expect(server.errors.map(({ message }) => message)).toEqual(['authenticate did not answer within 5000 ms, so the client is told to try again.']);
  });
});

describe('onCancel', () => {
  it.each([undefined, null, 0, 'no'])('that returns %j denies the cancel, and is warned of once', async (answer) => {
    const warn = vi.fn();
    await using server = await startJobServer({ onCancel: () => answer as never, logger: { debug() {}, info() {}, error() {}, warn } });
    await server.emitter.emitQueued({ jobId: 'job', userId: 'alice' });
    const socket = await server.connect('alice');
    const received = record(socket);
    for (let count = 0; count < 2; count += 1) expect(await ask(socket, 'cancel', { jobId: 'job' })).toMatchObject({ error: { code: 'FORBIDDEN' } });
    expect([received, warn.mock.calls.map(([details]) => details)]).toEqual([[], [{ option: 'onCancel' }]]);
  });
});

describe('options of the wrong type', () => {
  it.each([{ authorize: true }, { authorize: null }, { onCancel: 1 }, { describeError: 'no' }, { onError: {} }, { retentionMs: '10m' }, { namespace: 5 }, { statusPath: 5 }, { origins: [] }])(
    '%j is refused at once',
    async (options) => {
      await expect(startJobServer(options as never)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    },
  );
});
