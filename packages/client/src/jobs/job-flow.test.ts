import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { expect, onTestFinished, test } from 'vitest';
import type { OpenTransport, Request } from '../transport/transport.js';
import { createVirtualClock } from '../testing/virtual-clock.js';
import { WebSocketService } from '../websocket-service.js';
import { createHandlerSet } from './handler-set.js';
import { createJobFlow } from './job-flow.js';
import { createJobTable } from './job-table.js';

const JOB: AnyJobSnapshot = { jobId: 'a', status: 'active', stage: 'SAVING', progress: 10, version: [1, 0, 1, 1], createdAt: '', timestamp: '' };

test('a job whose event overtakes the answer that says it is somebody else’s is not in the list', async () => {
  const open: OpenTransport = (_token, listener) => {
    queueMicrotask(listener.onOpen);
    const request = async (name: string) => {
      if (name === 'subscribe') listener.onEvent('job:progress', JOB);
      return { ok: true, snapshots: [JOB], unknown: [], foreign: ['a'] };
    };
    return { request: request as unknown as Request, close() {} };
  };
  const client = new WebSocketService({ transport: open });
  onTestFinished(() => client.close());
  // Reads the list at each change, as a page does.
  client.store.subscribe(() => {});
  client.subscribe({ userId: 'user-1' });
  client.subscribe({ jobId: 'a' });
  await client.connect();
  await expect.poll(() => client.getJob('a')).toBeDefined();
  await expect.poll(() => client.getJobs()).toEqual([]);
});

test('of the ends that no handler for tracked jobs was there for it keeps as many as the tab tracks jobs', () => {
  const tracked = new Set<string>();
  const looked = new Set<string>();
  const isTracked = (jobId: string) => !!looked.add(jobId) && tracked.has(jobId);
  const flow = createJobFlow({
    table: createJobTable({ timing: createVirtualClock(), finishedMs: 0, onChange() {} }),
    memory: { isTracked, endOf: () => undefined, markEnd() {} } as never,
    tracker: { release() {} } as never,
    handlers: createHandlerSet(() => {}),
    registry: { holds: () => true, isAsked: () => false, covers: () => true, list: () => [] },
    accepts: () => true,
    report() {},
  });
  for (let i = 0; i < 1_000; i++) {
    tracked.add(`job-${i}`);
    // As a tab does that forgets the oldest of those that are over.
    tracked.delete(`job-${i - 200}`);
    flow.receive([{ ...JOB, jobId: `job-${i}`, status: 'completed', version: [1, 2, 1, 2] }], 'event');
  }
  looked.clear();
  flow.settleAll();
  expect(looked.size).toBe(200);
});
