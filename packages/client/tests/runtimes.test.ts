import { spawnNode, type NodeProcess } from '@notes/test-kit';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { WebSocketService } from '../src/index.js';
import { bundleExample } from './documented-example.js';
import { RealServer, state } from './real-server.js';

/** Runs the first of the examples of docs/node.md with Node, the others beside it. */
async function runNode(names: readonly string[], args: readonly string[]): Promise<NodeProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'job-events-node-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const name of names) await writeFile(join(folder, name), await bundleExample('node.md', name, { platform: 'node', format: 'esm' }));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  return spawnNode(join(folder, names[0]!), { args, built: true });
}

const completed = state('job-1', 9, { status: 'completed' });

test('the script of docs/node.md shows how far a job is, and ends by itself with its result', async () => {
  await using server = await new RealServer().start();
  await server.report('alice', state('job-1', 5));
  await using program = await runNode(['follow-job.ts'], [server.origin, 'alice', 'job-1']);
  await program.waitForLine('job-1 SAVING 5 %');
  await server.report('alice', completed);
  await program.waitForLine('result {"noteId":"job-1"}');
  expect(await program.ended).toBe(0);
});

test('the worker thread of docs/node.md hands the jobs on to the thread that started it, and ends after close()', async () => {
  await using server = await new RealServer().start();
  await server.report('alice', state('job-1', 5));
  await using program = await runNode(['start-thread.ts', 'jobs-thread.ts'], [server.origin, 'alice', 'alice']);
  await program.waitForLine('job-1 active');
  await server.report('alice', completed);
  await program.waitForLine('job-1 completed');
  expect(await program.ended).toBe(0);
  await vi.waitFor(() => expect(server.sockets).toBe(0), 10_000);
});

/** The globals of React Native, which are fewer than a page's, and of the engine Hermes. */
function reactNativeGlobals(appState: EventTarget) {
  return {
    appState,
    console,
    setTimeout,
    clearTimeout,
    queueMicrotask,
    fetch,
    WebSocket,
    performance: { now: () => performance.now() },
    navigator: { product: 'ReactNative' },
  };
}

/** Takes away what Hermes lacks, and puts React Native's own in place, before anything else runs. */
const PRELUDE = `
  globalThis.window = globalThis.global = globalThis.self = globalThis;
  for (const name of ['WeakRef', 'FinalizationRegistry', 'SharedArrayBuffer', 'Atomics']) delete globalThis[name];
  for (const name of ['at', 'toSorted', 'toReversed', 'toSpliced', 'with']) delete Array.prototype[name];
  const { iterator, toStringTag, hasInstance, toPrimitive, species } = Symbol;
  globalThis.Symbol = Object.assign((text) => RealSymbol(text), { iterator, toStringTag, hasInstance, toPrimitive, species, for: (key) => RealSymbol.for(key) });
  class AbortSignal {
    aborted = false;
    listeners = new Set();
    addEventListener(type, listener) { this.listeners.add(listener); }
    removeEventListener(type, listener) { this.listeners.delete(listener); }
  }
  globalThis.AbortController = class {
    signal = new AbortSignal();
    abort() {
      this.signal.aborted = true;
      for (const listener of this.signal.listeners) listener({ type: 'abort' });
    }
  };
  const realFetch = fetch;
  globalThis.fetch = (url, { signal, ...init }) => realFetch(url, init);
`;
const REACT_NATIVE = `export const AppState = {
  addEventListener(type, listener) {
    const heard = ({ state }) => listener(state);
    appState.addEventListener(type, heard);
    return { remove: () => appState.removeEventListener(type, heard) };
  },
};`;

test('the example of docs/react-native.md runs without what React Native lacks: page, storage, URL, DOMException, Symbol.asyncIterator', async () => {
  await using server = await new RealServer().start();
  await server.report('alice', state('job-1', 5));
  const code = await bundleExample('react-native.md', 'jobs-client.ts', { platform: 'browser', format: 'iife', stubs: { 'react-native': REACT_NATIVE } });
  const appState = new EventTarget();
  const context = createContext({ ...reactNativeGlobals(appState), session: { userId: 'alice', token: async () => 'alice' } });
  runInContext(`{ const RealSymbol = Symbol; ${PRELUDE} }`, context);
  runInContext(code.replaceAll('https://api.example.com', server.origin), context);
  const { client, follow } = runInContext('example', context) as { client: WebSocketService<any>; follow(jobId: string): Promise<unknown> };
  onTestFinished(() => client.close());

  const result = follow('job-1');
  await vi.waitFor(() => expect(client.getJob('job-1')).toMatchObject({ progress: 5 }), 10_000);
  client.trackJob('job-1');
  // Only a wake signal brings it before the next regular comparison, 8 s from now at the earliest.
  await server.reportUnheard('alice', completed);
  appState.dispatchEvent(Object.assign(new Event('change'), { state: 'active' }));
  expect(await result).toEqual({ noteId: 'job-1' });

  const giveUp = runInContext('new AbortController()', context) as AbortController;
  const missing = client.waitFor('job-2', { signal: giveUp.signal });
  giveUp.abort();
  await expect(missing).rejects.toThrow('The signal was aborted.');
});

test('a client in React Native goes over to HTTP where no socket opens', async () => {
  await using server = await new RealServer().start();
  await server.report('alice', completed);
  const code = await bundleExample('react-native.md', 'jobs-client.ts', { platform: 'browser', format: 'iife', stubs: { 'react-native': REACT_NATIVE } });
  const context = createContext({ ...reactNativeGlobals(new EventTarget()), WebSocket: undefined, session: { userId: 'alice', token: async () => 'alice' } });
  runInContext(`{ const RealSymbol = Symbol; ${PRELUDE} }`, context);
  runInContext(code.replaceAll('https://api.example.com', server.origin), context);
  const { client, follow } = runInContext('example', context) as { client: WebSocketService<any>; follow(jobId: string): Promise<unknown> };
  onTestFinished(() => client.close());
  expect(await follow('job-1')).toEqual({ noteId: 'job-1' });
  expect(client.isConnected).toBe(false);
});
