import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { holdBackNotes } from './support/hold-back-notes.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system[Symbol.asyncDispose]());

const sample = async () => new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
const WITHIN = { timeout: 45_000, interval: 20 };

async function beginJob(ada: TestUser, watching: Watcher): Promise<string> {
  const jobId = await ada.uploadPdf(await sample());
  await vi.waitFor(() => expect(watching.progress.at(-1)).toMatchObject({ jobId, stage: 'SAVING' }), WITHIN);
  return jobId;
}

/** Connects anew, gets every state again, and hears one more job to its end: whatever is said twice has been said then. */
async function hearEverythingAgain(user: TestUser, watching: Watcher): Promise<void> {
  watching.client.disconnect();
  await watching.client.connect();
  const jobId = await user.uploadPdf(await sample());
  await vi.waitFor(() => expect(watching.completed.at(-1)).toMatchObject({ jobId }), WITHIN);
  watching.completed.pop();
}

test('the API dies and comes back while a job runs: the client comes back by itself and hears the end once', { timeout: 120_000 }, async () => {
  const ada = await TestUser.signIn(system.url, 'ada');
  using watching = await Watcher.of(ada);
  await using notes = await holdBackNotes(system);
  const jobId = await beginJob(ada, watching);
  await system.killApi();
  await vi.waitFor(() => expect(watching.client.state).toBe('RECONNECTING'), WITHIN);
  await system.startApi();
  await vi.waitFor(() => expect(watching.client.state).toBe('CONNECTED'), WITHIN);
  expect(watching.completed).toEqual([]);
  await notes.letThrough();
  await vi.waitFor(() => expect(watching.completed).not.toEqual([]), WITHIN);
  await hearEverythingAgain(ada, watching);
  expect(watching.completed).toEqual([{ jobId, noteId: expect.any(String) }]);
  expect(watching.failed).toEqual([]);
  expect((await ada.fetch(`/notes/${watching.completed[0]?.noteId}`)).status).toBe(200);
});

test('a job that ended while the API was away is heard of once as well', { timeout: 120_000 }, async () => {
  const bob = await TestUser.signIn(system.url, 'bob');
  using watching = await Watcher.of(bob);
  await using notes = await holdBackNotes(system);
  const jobId = await beginJob(bob, watching);
  await system.killApi();
  await vi.waitFor(() => expect(watching.client.state).toBe('RECONNECTING'), WITHIN);
  await notes.letThrough();
  await vi.waitFor(async () => expect((await system.pool.query('select 1 from notes where job_id = $1', [jobId])).rowCount).toBe(1), WITHIN);
  expect(watching.completed).toEqual([]);

  await system.startApi();
  await vi.waitFor(() => expect(watching.completed).not.toEqual([]), WITHIN);
  await hearEverythingAgain(bob, watching);
  expect(watching.completed).toEqual([{ jobId, noteId: expect.any(String) }]);
});
