import { expect, test, vi } from 'vitest';

import { RequestRefused } from '../http/request-json.js';
import { memoryOf } from '../testing/memory-of.js';
import type { KeptFiles } from './kept-files.js';
import type { SendFileOptions } from './send-file.js';
import { jobsOfUploads, type UploadFacts } from './upload.js';
import { UploadQueue } from './upload-queue.js';

const pdf = (name: string, bytes = '%PDF-') => new File([bytes], name);

function keptFiles(): KeptFiles & { readonly names: () => string[] } {
  const files = new Map<string, File>();
  return {
    names: () => [...files.values()].map(({ name }) => name),
    keep: async (id, file) => void files.set(id, file),
    find: async (id) => files.get(id),
    forget: async (id) => void files.delete(id),
    forgetAll: async () => files.clear(),
  };
}

/** A queue with a server that answers when it is told to. */
function setUp({ memory = memoryOf<readonly UploadFacts[]>(), files = keptFiles() } = {}) {
  const requests: (SendFileOptions & { name: string; accept(jobId: string): void; refuse(error: Error): void })[] = [];
  const listener = { onBegun: vi.fn(), onAccepted: vi.fn(), onStopped: vi.fn() };
  let ids = 0;
  const queue = new UploadQueue(
    {
      send: (file, options) =>
        new Promise((resolve, reject) => {
          options.signal.addEventListener('abort', () => reject(options.signal.reason as Error));
          requests.push({ ...options, name: file.name, accept: (jobId) => resolve({ jobId }), refuse: reject });
        }),
      objection: ({ size }) => (size > 1_000 ? 'This file is too large.' : undefined),
      keptFiles: files,
      memory,
      newId: () => `upload-${(ids += 1)}`,
    },
    listener,
  );
  const states = () => Object.fromEntries(queue.getUploads().map(({ fileName, state }) => [fileName, state]));
  return { queue, requests, listener, states, memory, files };
}

test('files are sent by themselves, three at a time, and the next when one is done', async () => {
  const { queue, requests, states } = setUp();
  queue.add(['a', 'b', 'c', 'd'].map((name) => pdf(name)), 'steps', []);
  await vi.waitFor(() => expect(requests.map(({ name }) => name)).toEqual(['a', 'b', 'c']));
  expect(requests[0]?.path).toBe('steps');
  expect(states()).toEqual({ a: 'sending', b: 'sending', c: 'sending', d: 'waiting' });
  requests[1]?.accept('job-b');
  await vi.waitFor(() => expect(states()).toEqual({ a: 'sending', b: 'accepted', c: 'sending', d: 'sending' }));
});

test('progress is that of the file', async () => {
  const { queue, requests } = setUp();
  const changed = vi.fn();
  queue.subscribe(changed);
  queue.add([pdf('a')], 'optimized', []);
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  changed.mockClear();
  requests[0]?.onProgress(0.25);
  expect(queue.getUploads()).toMatchObject([{ fileName: 'a', state: 'sending', sent: 0.25 }]);
  expect(changed).toHaveBeenCalledTimes(1);
});

test('a refusal is of one file, with its sentence, and of no other', async () => {
  const { queue, requests, states, listener } = setUp();
  queue.add([pdf('a'), pdf('b')], 'optimized', []);
  await vi.waitFor(() => expect(requests).toHaveLength(2));
  requests[0]?.refuse(new RequestRefused(415, 'This file is not a PDF.'));
  requests[1]?.accept('job-b');
  await vi.waitFor(() => expect(states()).toEqual({ a: 'stopped', b: 'accepted' }));
  expect(queue.getUploads()[1]).toMatchObject({ reason: 'This file is not a PDF.', next: 'nothing' });
  expect(listener.onStopped.mock.calls).toEqual([['upload-1']]);
  expect(listener.onAccepted.mock.calls).toEqual([['upload-2', 'job-b']]);
});

test('what is too large is not sent at all', async () => {
  const { queue, requests } = setUp();
  queue.add([pdf('a', 'x'.repeat(2_000))], 'optimized', []);
  await vi.waitFor(() => expect(queue.getUploads()).toMatchObject([{ state: 'stopped', reason: 'This file is too large.', next: 'nothing' }]));
  expect(requests).toEqual([]);
});

test.each([
  ['nobody answers', new RequestRefused(0, 'The server cannot be reached.')],
  ['the server cannot just now', new RequestRefused(503, 'Not just now.')],
  ['the session is over', new RequestRefused(401, 'Sign in again.')],
])('where %s, the same file can be sent again', async (_, error) => {
  const { queue, requests, states, listener } = setUp();
  queue.add([pdf('a')], 'optimized', []);
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  requests[0]?.refuse(error);
  await vi.waitFor(() => expect(queue.getUploads()).toMatchObject([{ state: 'stopped', next: 'send-again', reason: error.message }]));
  queue.sendAgain('upload-1');
  await vi.waitFor(() => expect(requests).toHaveLength(2));
  requests[1]?.accept('job-a');
  await vi.waitFor(() => expect(states()).toEqual({ a: 'accepted' }));
  expect(listener.onBegun.mock.calls).toEqual([['upload-1'], ['upload-1']]);
});

test('one that is dismissed is aborted and gone, also where it waits for its turn', async () => {
  const { queue, requests, states, listener, files } = setUp();
  queue.add(['a', 'b', 'c', 'd'].map((name) => pdf(name)), 'optimized', []);
  await vi.waitFor(() => expect(requests).toHaveLength(3));
  queue.dismiss('upload-1');
  queue.dismiss('upload-4');
  await vi.waitFor(() => expect(listener.onStopped.mock.calls.flat()).toEqual(['upload-1', 'upload-4']));
  expect(requests[0]?.signal.aborted).toBe(true);
  expect(requests).toHaveLength(3);
  expect(states()).toEqual({ b: 'sending', c: 'sending' });
  expect(files.names()).toEqual(['b', 'c']);
});

test('after a reload, what was on its way is shown as not sent, and is sent again when somebody wants it', async () => {
  const before = setUp();
  before.queue.add([pdf('a'), pdf('b')], 'steps', []);
  await vi.waitFor(() => expect(before.requests).toHaveLength(2));
  before.requests[1]?.accept('job-b');
  await vi.waitFor(() => expect(before.states()).toEqual({ a: 'sending', b: 'accepted' }));

  const { queue, requests, listener, files } = setUp({ memory: before.memory, files: before.files });
  await queue.restore();
  expect(queue.getUploads()).toMatchObject([{ fileName: 'a', path: 'steps', state: 'stopped', next: 'send-again' }]);
  expect(listener.onStopped.mock.calls).toEqual([['upload-1']]);
  expect(requests).toEqual([]);
  queue.sendAgain('upload-1');
  await vi.waitFor(() => expect(requests).toMatchObject([{ name: 'a', path: 'steps' }]));
  requests[0]?.accept('job-a');
  await vi.waitFor(() => expect(files.names()).toEqual([]));
});

test('where the browser kept no file, it has to be chosen again', async () => {
  const before = setUp();
  before.queue.add([pdf('a')], 'optimized', []);
  const { queue } = setUp({ memory: before.memory });
  await queue.restore();
  expect(queue.getUploads()).toMatchObject([{ state: 'stopped', next: 'choose-again' }]);
});

test('an upload whose answer was lost is found among the jobs, and is not offered to be sent again', async () => {
  const before = setUp();
  const old = { jobId: 'job-old', fileName: 'a' };
  before.queue.add([pdf('a'), pdf('a')], 'optimized', [old]);
  const { queue, listener } = setUp({ memory: before.memory, files: before.files });
  await queue.restore();
  queue.adopt([old]);
  expect(queue.getUploads()).toMatchObject([{ state: 'stopped' }, { state: 'stopped' }]);
  queue.adopt([old, { jobId: 'job-new', fileName: 'a' }]);
  queue.adopt([old, { jobId: 'job-new', fileName: 'a' }]);
  expect(queue.getUploads()).toMatchObject([{ state: 'accepted', jobId: 'job-new' }, { state: 'stopped' }]);
  expect(listener.onAccepted).toHaveBeenCalledTimes(1);
});

test('news of a job that is faster than the answer to its upload makes no second job of it', async () => {
  const { queue, requests } = setUp();
  queue.add([pdf('a')], 'optimized', [{ jobId: 'job-old', fileName: 'a' }]);
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  const jobs = ['job-new', 'job-old'].map((jobId) => ({ jobId, fileName: 'a' }));
  expect([...jobsOfUploads(queue.getUploads(), jobs)]).toEqual([['upload-1', 'job-new']]);
  requests[0]?.accept('job-new');
  await vi.waitFor(() => expect(queue.getUploads()).toMatchObject([{ state: 'accepted' }]));
  expect([...jobsOfUploads(queue.getUploads(), jobs)]).toEqual([['upload-1', 'job-new']]);
});

test('signing out leaves nothing behind', async () => {
  const { queue, requests, files, memory } = setUp();
  queue.add([pdf('a'), pdf('b')], 'optimized', []);
  await vi.waitFor(() => expect(requests).toHaveLength(2));
  await queue.clear();
  expect(requests.every(({ signal }) => signal.aborted)).toBe(true);
  expect([queue.getUploads(), files.names(), memory.read(), queue.isSending()]).toEqual([[], [], [], false]);
});
