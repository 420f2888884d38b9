import { readFile } from 'node:fs/promises';
import { WebSocketService } from '@notes/job-events-client';
import { expect, test, vi } from 'vitest';
import type { pdfNotes } from '../src/pdf-notes-job.js';
import { startHeldModel } from './support/held-model.js';
import { startSystem } from './support/start-system.js';
import { TestUser } from './support/test-user.js';

const WITHIN = { timeout: 45_000, interval: 20 };

test('a short session is made anew while its socket is connected, and a worker does as many jobs at once as it is told', { timeout: 90_000 }, async () => {
  const sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
  await using model = await startHeldModel();
  // Said to be over soon half way through.
  await using system = await startSystem({ ...model.environment, SESSION_MINUTES: String(3 / 60), WORKER_CONCURRENCY: '2' });
  const ada = await TestUser.signIn(system.url, 'ada');
  const ask = (method: string, path: string, token: string) => fetch(new URL(path, system.url), { method, headers: { authorization: `Bearer ${token}` } });
  const tokens = [ada.token];
  const auth = async (): Promise<string> => {
    const { token } = (await (await ask('POST', '/session/refresh', tokens.at(-1)!)).json()) as { token: string };
    tokens.push(token);
    return token;
  };
  const client = new WebSocketService<typeof pdfNotes>({ url: system.url, auth, onError: () => {} });
  const states: string[] = [];
  const done: string[] = [];
  client.on({ onStateChange: (state) => void states.push(state), onJobCompleted: (_result, { jobId }) => void done.push(jobId) });
  client.subscribe({ userId: ada.id });
  await client.connect();
  try {
    const jobIds = [await ada.uploadPdf(sample), await ada.uploadPdf(sample), await ada.uploadPdf(sample)];
    await vi.waitFor(() => expect(model.waiting).toBe(2), WITHIN);
    expect(client.getJobs().map(({ status }) => status).toSorted()).toEqual(['active', 'active', 'queued']);
    await vi.waitFor(async () => expect((await ask('GET', '/session', ada.token)).status).toBe(401), WITHIN);
    await vi.waitFor(() => expect(new Set(tokens).size).toBeGreaterThan(3), WITHIN);
    expect((await ask('GET', '/session', tokens.at(-1)!)).status).toBe(200);
    expect(model.waiting).toBe(2);
    model.letAnswer();
    await vi.waitFor(() => expect(done.toSorted()).toEqual(jobIds.toSorted()), WITHIN);
    expect(states).toEqual(['CONNECTING', 'CONNECTED']);
  } finally {
    client.reset();
  }
});
