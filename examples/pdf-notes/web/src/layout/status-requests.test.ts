import { expect, test, vi } from 'vitest';

import { StatusRequests } from './status-requests.js';

test.each([
  ['answered', 200],
  ['answered', 404],
  ['unanswered', 503],
] as const)('a request is %s with %s', async (answer, status) => {
  const requests = new StatusRequests(async () => new Response(null, { status }));
  const changed = vi.fn();
  requests.subscribe(changed);
  expect((await requests.fetch('/api/jobs')).status).toBe(status);
  await requests.fetch('/api/jobs');
  expect(requests.getLast()).toBe(answer);
  expect(changed).toHaveBeenCalledTimes(1);
});

test('a request that reaches nobody is unanswered, and the client hears of it', async () => {
  const requests = new StatusRequests(() => Promise.reject(new TypeError('Failed to fetch')));
  await expect(requests.fetch('/api/jobs')).rejects.toThrow('Failed to fetch');
  expect(requests.getLast()).toBe('unanswered');
  requests.forget();
  expect(requests.getLast()).toBe('none');
});
