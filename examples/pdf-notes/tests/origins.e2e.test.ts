import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';

let system: System;
let ada: TestUser;
let root: TestUser;

beforeAll(async () => {
  system = await startSystem({ ADMIN_USERS: 'root' }, { apis: 1, workers: 0 });
  [ada, root] = await Promise.all([TestUser.signIn(system.url, 'ada'), TestUser.signIn(system.url, 'root')]);
});

afterAll(() => system[Symbol.asyncDispose]());

/** As a browser would ask, from a page of that origin. */
function ask(method: string, path: string, { user, origin, body, headers = {} }: { user?: TestUser; origin?: string; body?: BodyInit; headers?: Record<string, string> }) {
  const known = { ...(user && { cookie: `session=${user.token}` }), ...(origin !== undefined && { origin }) };
  return fetch(new URL(path, system.url), { method, redirect: 'manual', headers: { ...known, ...headers }, ...(body !== undefined && { body }) });
}

async function upload(): Promise<FormData> {
  const form = new FormData();
  form.set('file', new File([await readFile(new URL('../sample/sample.pdf', import.meta.url))], 'paper.pdf'));
  return form;
}

test.each(['http://localhost:8080', 'https://evil.example', 'null'])('a page of the origin %s changes nothing in the name of whoever is signed in', async (origin) => {
  const refused = [
    await ask('POST', '/upload', { user: ada, origin, body: await upload() }),
    await ask('POST', '/session/refresh', { user: ada, origin }),
    await ask('DELETE', '/session', { user: ada, origin }),
    await ask('POST', '/session', { origin, body: new URLSearchParams({ user: 'eve' }) }),
    await ask('PUT', '/admin/api/queues/pdf-notes/pause', { user: root, origin }),
  ];
  for (const response of refused) {
    expect([response.url, response.status, response.headers.get('set-cookie')]).toEqual([response.url, 403, null]);
    expect(await response.json()).toMatchObject({ code: 'FORBIDDEN' });
  }
  expect(await (await ada.fetch('/api/jobs')).json()).toMatchObject({ jobs: [] });
});

test('the page itself, and programs with a token, are let through', async () => {
  expect((await ask('POST', '/session/refresh', { user: ada, origin: new URL(system.url).origin })).status).toBe(200);
  expect((await ask('POST', '/session/refresh', { user: ada })).status).toBe(200);
  expect((await ask('POST', '/session/refresh', { origin: 'https://app.example', headers: { authorization: `Bearer ${ada.token}` } })).status).toBe(200);
});

test('the cookie is for HTTPS alone where that is what the browser speaks, whoever ends it', async () => {
  const cookie = async (headers: Record<string, string>) => (await ask('POST', '/session/refresh', { user: ada, headers })).headers.get('set-cookie');
  expect(await cookie({ 'x-forwarded-proto': 'https' })).toMatch(/; Secure/);
  expect(await cookie({})).not.toMatch(/; Secure/);
});

test('no answer can be shown in a frame of somebody else, or taken for what it is not', async () => {
  for (const path of ['/', '/admin', '/notes', '/health', '/nowhere']) {
    const { headers } = await ask('GET', path, { user: root, headers: { accept: 'text/html' } });
    expect([path, headers.get('content-security-policy'), headers.get('x-content-type-options')]).toEqual([path, expect.stringContaining("frame-ancestors 'none'"), 'nosniff']);
  }
});
