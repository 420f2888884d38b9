import { describe, expect, it, vi } from 'vitest';
import type { Authorize } from '../src/access/authorizer.js';
import { ManualTiming } from './manual-timing.js';
import { ask, record, startJobServer, type JobServer } from './job-server.js';

const older = (jobId: string) => ({ jobId, version: [1, 0, 0, 1] });

/** The table of shares is away; one's own jobs need no share. */
const withShares = (isShared: () => Promise<boolean>): Authorize => async (identity, subscription, { job }) =>
  'userId' in subscription ? subscription.userId === identity.userId : job?.userId === identity.userId || isShared();

async function withJobs(server: JobServer) {
  for (const [jobId, userId] of [['anns', 'ann'], ['bobs', 'bob']] as const) await server.emitter.emitQueued({ jobId, userId });
  return server.connect('bob');
}

async function answersAbout(server: JobServer, bob: Awaited<ReturnType<typeof withJobs>>, jobId: string): Promise<any[]> {
  const over = async (path: string, init?: RequestInit) => {
    const response = await server.request(path, 'bob', init);
    return [response.status, await response.text()];
  };
  const answers = [
    await ask(bob, 'subscribe', { jobId }),
    await ask(bob, 'subscribe', { subscriptions: [{ jobId }, { jobId: 'bobs' }] }),
    await ask(bob, 'sync', { jobs: [older(jobId), older('bobs')] }),
    await ask(bob, 'cancel', { jobId }),
    await over(`/api/jobs/${jobId}`),
    await over(`/api/jobs?ids=${jobId}`),
    await over(`/api/jobs?ids=bobs,${jobId}`),
    await over(`/api/jobs/${jobId}/cancel`, { method: 'POST' }),
  ];
  return JSON.parse(JSON.stringify(answers).replaceAll(jobId, 'asked'));
}

describe('while authorize fails', () => {
  it('answers about another user’s job are those about an id that no job has', async () => {
    await using server = await startJobServer({ authorize: withShares(() => Promise.reject(new Error('away'))) });
    const bob = await withJobs(server);
    const foreign = await answersAbout(server, bob, 'anns');
    expect(foreign).toEqual(await answersAbout(server, bob, 'nobodys'));
    const outcomes = foreign.map((answer) => (Array.isArray(answer) ? answer[0] : (answer.error?.code ?? 'ok')));
    expect(outcomes).toEqual(['INTERNAL', 'ok', 'ok', 'INTERNAL', 503, 503, 200, 503]);
  });

  it('own jobs are answered beside those that nobody can decide about, which are asked for again', async () => {
    await using server = await startJobServer({ authorize: withShares(() => Promise.reject(new Error('away'))) });
    const bob = await withJobs(server);
    const both = { subscriptions: [{ jobId: 'anns' }, { jobId: 'bobs' }] };
    expect(await ask(bob, 'subscribe', both)).toMatchObject({ ok: true, snapshots: [{ jobId: 'bobs' }], rejected: [{ subscription: { jobId: 'anns' }, error: { code: 'INTERNAL' } }] });
    expect(await ask(bob, 'sync', { jobs: [older('anns'), older('bobs')] })).toMatchObject({ ok: true, snapshots: [{ jobId: 'bobs' }], unknown: [] });
    const response = await server.request('/api/jobs?ids=anns,bobs', 'bob');
    expect([response.status, await response.json()]).toEqual([200, { jobs: [expect.objectContaining({ jobId: 'bobs' })], unknown: [] }]);
  });

  it('takes no subscription away that was allowed before, where it fails in the middle of another subscribe', async () => {
    let asked = 0;
    const authorize = withShares(async () => {
      asked += 1;
      if (asked === 3) throw new Error('away');
      return true;
    });
    await using server = await startJobServer({ authorize });
    const bob = await withJobs(server);
    await ask(bob, 'subscribe', { jobId: 'anns' });
    // It allows it before the room is joined, and fails after.
    asked = 1;
    expect(await ask(bob, 'subscribe', { jobId: 'anns' })).toMatchObject({ ok: false, error: { code: 'INTERNAL' } });
    const received = record(bob);
    await server.emitter.emitCompleted({ jobId: 'anns', userId: 'ann', result: 1 });
    await vi.waitFor(() => expect(received.map(({ event }) => event)).toEqual(['job:completed']));
  });

  it('an authorize that hangs is named, and own jobs are answered within the time of an answer', async () => {
    const timing = new ManualTiming();
    const isShared = vi.fn(() => new Promise<never>(() => {}));
    await using server = await startJobServer({ timing, authorize: withShares(isShared) });
    await withJobs(server);
    const answering = server.request('/api/jobs?ids=anns,bobs', 'bob');
    await vi.waitFor(() => expect(isShared).toHaveBeenCalled());
    timing.advance(2_500);
    expect(await (await answering).json()).toMatchObject({ jobs: [{ jobId: 'bobs' }], unknown: [] });
    expect(server.errors.map(({ code, message }) => [code, message.split('.')[0]])).toEqual([['HANDLER_FAILED', 'authorize did not answer within 2500 ms']]);
  });
});
