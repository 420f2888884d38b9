import { expect, it } from 'vitest';
import { createStatusClient } from './status-client.js';

it('asks again for jobs that did not fit into an answer, and gives up where that brings nothing', async () => {
  const asked: string[] = [];
  const client = createStatusClient({
    statusUrl: 'http://server/api/jobs',
    token: async () => undefined,
    withCredentials: false,
    headers: {},
    fetch: async (url) => {
      const ids = (new URL(String(url)).searchParams.get('ids') ?? '').split(',');
      asked.push(ids.join(','));
      const fitting = ids.filter((id) => id !== 'huge').slice(0, 2);
      return Response.json({ jobs: fitting.map((jobId) => ({ jobId })), unknown: [] });
    },
  });
  const answer = await client.sync({ ids: ['a', 'b', 'c', 'huge'] });
  expect(answer).toMatchObject({ ok: true, snapshots: [{ jobId: 'a' }, { jobId: 'b' }, { jobId: 'c' }] });
  expect(asked).toEqual(['a,b,c,huge', 'c,huge', 'huge']);
});
