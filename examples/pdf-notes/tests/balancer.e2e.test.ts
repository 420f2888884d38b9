import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

let system: System;
let sample: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
  system = await startSystem({}, { apis: 2, workers: 2 });
});

afterAll(() => system[Symbol.asyncDispose]());

const WITHIN = { timeout: 45_000, interval: 20 };
const SLOW = { timeout: 90_000 };
const POLLING = '/socket.io/?EIO=4&transport=polling';

/** Begins a Socket.IO connection as a browser does that gets no WebSocket through. */
async function beginPolling() {
  const response = await fetch(new URL(POLLING, system.url));
  const { sid } = JSON.parse((await response.text()).slice(1)) as { sid: string };
  return { sid, cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' };
}

const poll = (sid: string, headers: Record<string, string>) =>
  fetch(new URL(`${POLLING}&sid=${sid}`, system.url), { method: 'POST', headers: { 'content-type': 'text/plain', ...headers }, body: '3' });

test('all polls of one socket reach the process that has it, in whichever way they come', async () => {
  const sockets = await Promise.all(Array.from({ length: 4 }, beginPolling));
  expect(new Set(sockets.map(({ cookie }) => cookie)).size).toBe(2);
  const statuses = await Promise.all(sockets.flatMap(({ sid, cookie }) => Array.from({ length: 5 }, async () => (await poll(sid, { cookie })).status)));
  expect(new Set(statuses)).toEqual(new Set([200]));
  const withoutCookie = await Promise.all(Array.from({ length: 4 }, async () => (await poll(sockets[0]!.sid, {})).status));
  expect(withoutCookie.toSorted()).toEqual([200, 200, 400, 400]);
});

test('while a process is dead every request is answered by the other, uploads included, and what its sockets watched goes on', SLOW, async () => {
  const ada = await TestUser.signIn(system.url, 'ada');
  using first = await Watcher.of(ada);
  using second = await Watcher.of(ada);
  const { cookie } = await beginPolling();
  await system.killApi(Number(cookie.split('=')[1]) - 1);

  const answers = await Promise.all(Array.from({ length: 12 }, () => ada.fetch('/notes')));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const jobIds = await Promise.all(Array.from({ length: 4 }, () => ada.uploadPdf(sample)));
  const moved = await fetch(new URL(POLLING, system.url), { headers: { cookie } });
  expect(moved.headers.get('set-cookie')).toMatch(/^node=[12]; /);
  expect(moved.headers.get('set-cookie')).not.toContain(cookie);
  for (const { completed } of [first, second]) await vi.waitFor(() => expect(completed.map(({ jobId }) => jobId).toSorted()).toEqual(jobIds.toSorted()), WITHIN);
});

test('with no process left it says so in a sentence, and goes on when they are back', SLOW, async () => {
  await Promise.all([system.killApi(0), system.killApi(1)]);
  for (const init of [{}, { method: 'POST', body: 'x' }]) {
    const answer = await fetch(new URL('/session', system.url), init);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await answer.json()).toMatchObject({ code: 'UNAVAILABLE', detail: expect.stringMatching(/^[A-Z].*\.$/) });
  }
  await system.startApi(1);
  await vi.waitFor(async () => expect((await fetch(new URL('/ready', system.url))).status).toBe(200), WITHIN);
  await system.startApi(0);
});
