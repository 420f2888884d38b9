import { describe, expect, it, vi } from 'vitest';
import type { AccessRequest, Authorize } from '../src/access/authorizer.js';
import { ask, silent, startJobServer, type JobServer } from './job-server.js';

const forbidden = { ok: false, error: { code: 'FORBIDDEN', message: expect.any(String) } };
const notFound = { ok: false, error: { code: 'NOT_FOUND', message: 'There is no such job.' } };

async function withJobOfAlice(authorize: Authorize | undefined, warn = vi.fn()): Promise<JobServer> {
  const server = await startJobServer({ authorize, logger: { ...silent, warn } });
  await server.emitter.emitQueued({ jobId: 'report', userId: 'alice' });
  return server;
}

const cancel = async (server: JobServer, userId: string) => ask(await server.connect(userId), 'cancel', { jobId: 'report' });
const statusOf = async (server: JobServer) => (await server.jobEvents.getJob('report'))?.status;

describe('watching a job is not cancelling it', () => {
  const watchOnly: Authorize = (identity, _subscription, { action, job }) => action === 'watch' || job.userId === identity.userId;

  it('a watcher is denied the cancel over the socket and over HTTP, and the owner is not', async () => {
    await using server = await withJobOfAlice(watchOnly);
    expect(await cancel(server, 'bob')).toEqual(forbidden);
    const overHttp = await server.request('/api/jobs/report/cancel', 'bob', { method: 'POST' });
    expect(await overHttp.json()).toMatchObject({ code: 'FORBIDDEN' });
    expect(await statusOf(server)).toBe('queued');
    expect(await cancel(server, 'alice')).toEqual({ ok: true });
    expect(await statusOf(server)).toBe('cancelled');
  });

  it('a job that has ended is no exception', async () => {
    await using server = await withJobOfAlice(watchOnly);
    await server.emitter.emitCompleted({ jobId: 'report', userId: 'alice', result: 1 });
    expect(await cancel(server, 'bob')).toEqual(forbidden);
    expect(await cancel(server, 'alice')).toEqual({ ok: true });
  });

  it.each<[string, Authorize]>([
    ['takes no third argument', () => true],
    ['takes it and does not look', (_identity, _subscription, request) => request !== undefined],
  ])('an authorize that %s lets watchers watch and only the owner cancel, and is warned of once', async (_, authorize) => {
    const warn = vi.fn();
    await using server = await withJobOfAlice(authorize, warn);
    expect(await ask(await server.connect('bob'), 'subscribe', { jobId: 'report' })).toMatchObject({ ok: true });
    for (let count = 0; count < 2; count++) expect(await cancel(server, 'bob')).toEqual(forbidden);
    expect(warn.mock.calls).toEqual([[{ option: 'authorize' }, expect.stringContaining('action')]]);
    expect(await cancel(server, 'alice')).toEqual({ ok: true });
  });

  it('an authorize that allows others to cancel is believed where it read the action, even after it waited', async () => {
    await using server = await withJobOfAlice(async (identity, _subscription, request) => {
      await Promise.resolve();
      return request.action === 'watch' || identity.userId === 'bob';
    });
    expect(await cancel(server, 'carol')).toEqual(forbidden);
    expect(await cancel(server, 'bob')).toEqual({ ok: true });
  });

  it('an authorize that forbids the owner to cancel is believed too', async () => {
    await using server = await withJobOfAlice((_identity, _subscription, { action }) => action === 'watch');
    expect(await cancel(server, 'alice')).toEqual(forbidden);
  });

  it('a job that one may not watch is not there, whatever authorize says about cancelling, and is not asked about', async () => {
    const authorize = vi.fn((_identity: object, _subscription: object, { action }: AccessRequest) => action === 'cancel');
    await using server = await withJobOfAlice(authorize);
    expect(await cancel(server, 'bob')).toEqual(notFound);
    expect(authorize.mock.calls.map(([, , { action }]) => action)).toEqual(['watch']);
    expect(await statusOf(server)).toBe('queued');
  });

  it('an authorize that throws about cancelling is answered with "try again", and reported', async () => {
    await using server = await withJobOfAlice((_identity, _subscription, { action }) => {
      if (action === 'cancel') throw new Error('broken');
      return true;
    });
    expect(await cancel(server, 'alice')).toMatchObject({ error: { code: 'INTERNAL' } });
    expect(server.errors.map(({ code }) => code)).toEqual(['HANDLER_FAILED']);
    expect(await statusOf(server)).toBe('queued');
  });
});
