import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type ServedModel, serveModel } from './model/serve-model.js';
import { StubModel } from './model/stub-model.js';
import { goodAnswer, OVERVIEW } from './model/study-answers.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';
import { sampleChapters, writePdf } from './support/write-pdf.js';

const WITHIN = { timeout: 45_000, interval: 50 };
const key = randomBytes(8).toString('hex');
/** The first request meets a limit of the model's provider. */
const model = new StubModel((request, count) => (count === 1 ? { status: 429, headers: { 'retry-after': '1' } } : goodAnswer(request, count)));

let served: ServedModel;
let system: System;

beforeAll(async () => {
  served = await serveModel(model);
  system = await startSystem({ AI_BASE_URL: served.baseUrl, AI_MODEL: 'stub-1', AI_API_KEY: key });
});

afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

test('with a model the worker lets it write the notes, part by part, waits where it is told to, and shows how far it is', { timeout: 120_000 }, async () => {
  const chapters = await sampleChapters();
  const ada = await TestUser.signIn(system.url, 'ada');
  using watching = await Watcher.of(ada);
  const pdf = await writePdf('A course on hearing', Array.from({ length: 6 }, () => chapters).flat());
  const jobId = await ada.uploadPdf(new Uint8Array(pdf));
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);

  const note = (await (await ada.fetch(`/notes/${watching.completed[0]?.noteId}`)).json()) as { sections: unknown[] };
  const parts = note.sections.length;
  expect(note).toMatchObject({ ...OVERVIEW, quiz: expect.arrayContaining([expect.objectContaining({ answer: 'The moon' })]) });
  expect(parts).toBeGreaterThan(2);
  expect(model.requests).toHaveLength(parts + 2);
  expect(new Set(model.keys)).toEqual(new Set([`Bearer ${key}`]));
  expect(watching.retrying).toEqual([]);

  // Each part moves the bar on, within the share of its stage.
  const shown = new Set(watching.progress.filter(({ stage }) => stage === 'GENERATING_NOTES').map(({ progress }) => Math.floor(progress)));
  expect(shown.size).toBeGreaterThan(1);
  for (const percent of shown) expect(percent).toSatisfy((value: number) => value >= 70 && value <= 90);
});
