import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import { expect, onTestFinished, test } from 'vitest';
import type { OpenTransport, Request } from '../transport/transport.js';
import { WebSocketService } from '../websocket-service.js';

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
