import { readFile } from 'node:fs/promises';
import { WebSocketService } from '@notes/job-events-client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system[Symbol.asyncDispose]());

const sample = async () => new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));

test('a second user sees nothing of a job, neither on the socket nor over HTTP', async () => {
  const [ada, eve] = await Promise.all([TestUser.signIn(system.url, 'ada'), TestUser.signIn(system.url, 'eve')]);
  using watching = await Watcher.of(ada);
  using prying = await Watcher.of(eve);

  const jobId = await ada.uploadPdf(await sample());
  prying.client.subscribe({ jobId });
  prying.client.subscribe({ userId: ada.id });
  await vi.waitFor(() => expect(watching.completed).toEqual([{ jobId, noteId: expect.any(String) }]), 30_000);
  const noteId = watching.completed[0]?.noteId;

  await vi.waitFor(() => expect(prying.refused).toContain('FORBIDDEN'), 10_000);
  expect(prying.client.getJobs()).toEqual([]);
  expect([...prying.progress, ...prying.completed, ...prying.failed]).toEqual([]);
  expect((await eve.fetch(`/api/jobs/${jobId}`)).status).toBe(404);
  expect((await eve.fetch(`/api/jobs/${jobId}/cancel`, { method: 'POST' })).status).toBe(404);
  expect(await (await eve.fetch(`/api/jobs?ids=${jobId}`)).json()).toMatchObject({ jobs: [], unknown: [jobId] });
  expect(await (await eve.fetch('/api/jobs')).json()).toMatchObject({ jobs: [] });
  expect(await (await eve.fetch('/notes')).json()).toEqual({ notes: [] });

  const hidden = await eve.fetch(`/notes/${noteId}`);
  const absent = await eve.fetch('/notes/00000000-0000-4000-8000-000000000000');
  expect([hidden.status, await hidden.json()]).toEqual([absent.status, await absent.json()]);
  expect(hidden.status).toBe(404);
  expect((await ada.fetch(`/notes/${noteId}`)).status).toBe(200);
});

test.each(['/notes', '/notes/00000000-0000-4000-8000-000000000000', '/api/jobs', '/api/jobs/x', '/session'])(
  '%s answers nobody who is not signed in',
  async (path) => {
    for (const headers of [{}, { authorization: 'Bearer x' }, { cookie: 'session=x' }]) {
      const response = await fetch(new URL(path, system.url), { headers: headers as Record<string, string> });
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    }
  },
);

test('a socket of nobody is refused for good', async () => {
  const client = new WebSocketService({ url: system.url, auth: () => 'x', onError: () => {} });
  try {
    await expect(client.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  } finally {
    client.reset();
  }
});

test('the signed-in link signs a browser in and leads to a path of this origin only', async () => {
  const ada = await TestUser.signIn(system.url, 'ada');
  const follow = (next: string) =>
    fetch(new URL(`/session/link?token=${ada.token}&next=${encodeURIComponent(next)}`, system.url), { redirect: 'manual' });
  const response = await follow('/notes/7');
  expect([response.status, response.headers.get('location')]).toEqual([303, '/notes/7']);
  const cookie = response.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^session=.*HttpOnly; SameSite=Lax/);
  expect((await fetch(new URL('/session', system.url), { headers: { cookie } })).status).toBe(200);
  for (const elsewhere of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])
    expect((await follow(elsewhere)).headers.get('location')).toBe('/');
});
