import { describe, expect, it, vi } from 'vitest';
import { silent, startJobServer } from './job-server.js';

const cookies = ({ headers }: { headers: Headers }) => (headers.has('cookie') ? { userId: 'ann' } : null);
const APP = 'https://app.example.com';
const EVIL = 'https://evil.example';

describe('a cancel by cookies', () => {
  it.each<[string[] | undefined, Record<string, string>, number]>([
    [undefined, { 'sec-fetch-site': 'cross-site' }, 403],
    [undefined, { origin: EVIL, 'sec-fetch-site': 'cross-site' }, 403],
    [undefined, { 'sec-fetch-site': 'same-origin' }, 202],
    [undefined, {}, 202],
    [[APP], { 'sec-fetch-site': 'cross-site' }, 403],
    [[APP], { 'sec-fetch-site': 'same-site' }, 403],
    [[APP], { origin: EVIL }, 403],
    [[APP], { origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
    [[APP], { origin: APP, 'sec-fetch-site': 'cross-site' }, 202],
    [[APP], { 'sec-fetch-site': 'same-origin' }, 202],
    [[APP], {}, 202],
  ])('with origins %j and %j answers %i', async (origins, headers, status) => {
    await using server = await startJobServer({ authenticate: cookies, origins });
    await server.emitter.emitQueued({ jobId: 'job', userId: 'ann' });
    // Not through `fetch`, which sets these headers itself.
    const request = () => new Request('http://x/api/jobs/job/cancel', { method: 'POST', headers: { cookie: 'sid=ann', ...headers } });
    const response = await server.jobEvents.handler(request());
    expect(response.status).toBe(status);
    if (status === 403) expect(await response.json()).toMatchObject({ title: 'Forbidden', code: 'FORBIDDEN' });
  });

  it('without origins is warned of, once; reading is not', async () => {
    const warn = vi.fn();
    await using server = await startJobServer({ authenticate: cookies, logger: { ...silent, warn } });
    await server.emitter.emitQueued({ jobId: 'job', userId: 'ann' });
    const ask = (method: string, path: string) => server.jobEvents.handler(new Request(`http://x/api/jobs${path}`, { method, headers: { cookie: 'sid=ann' } }));
    await ask('GET', '/job');
    expect(warn).not.toHaveBeenCalled();
    for (let count = 0; count < 2; count += 1) expect((await ask('POST', '/job/cancel')).status).toBe(202);
    expect(warn.mock.calls.map(([details]) => details)).toEqual([{ option: 'origins' }]);
  });

  it('by another method is told which ones there are', async () => {
    await using server = await startJobServer({ authenticate: cookies });
    const response = await server.jobEvents.handler(new Request('http://x/api/jobs/job/cancel', { method: 'PUT' }));
    expect(await response.json()).toMatchObject({ detail: 'PUT is not possible here. Use POST.' });
  });
});
