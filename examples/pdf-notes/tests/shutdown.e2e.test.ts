import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { makeBook } from './pdfs/make-pdf.js';
import { type HeldModel, startHeldModel } from './support/held-model.js';
import { startSystem, type System } from './support/start-system.js';
import { TestUser } from './support/test-user.js';
import { Watcher } from './support/watcher.js';

let system: System;
let model: HeldModel;
let sample: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  sample = new Uint8Array(await readFile(new URL('../sample/sample.pdf', import.meta.url)));
  model = await startHeldModel();
  system = await startSystem({}, { apis: 2, workers: 1 });
});

afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

const WITHIN = { timeout: 60_000, interval: 20 };
const SLOW = { timeout: 120_000 };
const countNotesOf = async (jobId: string) => (await system.pool.query('select id from notes where job_id = $1', [jobId])).rowCount;

/** Begins an upload at this address, and resolves when it has arrived there as far as its first half. */
async function beginUpload(url: string, user: TestUser) {
  const head = '--b\r\ncontent-disposition: form-data; name="file"; filename="slow.pdf"\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), sample, Buffer.from('\r\n--b--\r\n')]);
  const sending = request(new URL('/upload', url), {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'multipart/form-data; boundary=b', 'content-length': body.length, expect: '100-continue' },
  });
  const answer = once(sending, 'response') as Promise<[IncomingMessage]>;
  answer.catch(() => {});
  sending.flushHeaders();
  await once(sending, 'continue');
  sending.write(body.subarray(0, body.length / 2));
  return {
    async sendRest() {
      sending.end(body.subarray(body.length / 2));
      const [response] = await answer;
      return { status: response.statusCode, body: (await json(response)) as { jobId: string } };
    },
  };
}

const takesNobodyMore = (url: string) => vi.waitFor(() => expect(fetch(new URL('/health', url))).rejects.toThrow(), WITHIN);

test.each([
  { what: 'an API process', at: () => system.apiUrls[0]!, stop: () => system.stopApi(0) },
  { what: 'the balancer', at: () => system.url, stop: () => system.stopBalancer() },
])('$what that is told to stop in the middle of an upload takes it, and its job is done', SLOW, async ({ at, stop }) => {
  const ada = await TestUser.signIn(system.apiUrls[1]!, 'ada');
  const upload = await beginUpload(at(), ada);
  const stopped = stop();
  await takesNobodyMore(at());
  const { status, body } = await upload.sendRest();
  expect(status).toBe(202);
  await stopped;
  await vi.waitFor(async () => expect(await countNotesOf(body.jobId)).toBe(1), WITHIN);
});

test.each([
  { what: 'reads, on the one way', path: 'optimized', stage: 'EXTRACTING_TEXT' },
  { what: 'reads, on the way in steps', path: 'steps', stage: 'EXTRACTING_TEXT' },
  { what: 'writes, on the one way', path: 'optimized', stage: 'GENERATING_NOTES' },
  { what: 'writes, on the way in steps', path: 'steps', stage: 'GENERATING_NOTES' },
] as const)('a worker that is told to stop while it $what gives the job back, and another one does it', SLOW, async ({ path, stage }) => {
  const bob = await TestUser.signIn(system.apiUrls[1]!, `bob-${path}-${stage.toLowerCase()}`);
  using watching = await Watcher.of(bob);
  await system.worker.stop();
  await system.startWorker({ ...model.environment, WORKER_GRACE_S: '0.1' });
  const jobId = await bob.uploadPdf(stage === 'EXTRACTING_TEXT' ? new Uint8Array(await makeBook(800)) : sample, 'given-back.pdf', path);
  await vi.waitFor(() => expect(watching.progress.at(-1)).toMatchObject({ jobId, stage, status: 'active' }), WITHIN);
  await system.worker.stop();
  await vi.waitFor(() => expect(watching.retrying).toEqual([jobId]), WITHIN);
  expect(await (await bob.fetch(`/api/jobs/${jobId}`)).json()).toMatchObject({ status: 'retrying', stage, error: { code: 'WORKER_STOPPED' } });

  await system.startWorker();
  await vi.waitFor(() => expect(watching.completed).toMatchObject([{ jobId }]), WITHIN);
  expect([watching.retrying, watching.failed, await countNotesOf(jobId)]).toEqual([[jobId], [], 1]);
});

test('a worker that is given more time to stop than usual takes it', SLOW, async () => {
  const cleo = await TestUser.signIn(system.apiUrls[1]!, 'cleo');
  await system.worker.stop();
  await system.startWorker({ ...model.environment, WORKER_GRACE_S: '18' });
  const jobId = await cleo.uploadPdf(sample);
  await vi.waitFor(() => expect(model.waiting).toBe(1), WITHIN);
  const stopped = system.worker.stop();
  // Every other process would have been ended by now.
  await sleep(15_500);
  model.letAnswer();
  await stopped;
  expect(await (await cleo.fetch(`/api/jobs/${jobId}`)).json()).toMatchObject({ status: 'completed', version: [1, 2, expect.any(Number), expect.any(Number), expect.any(Number)] });
});
