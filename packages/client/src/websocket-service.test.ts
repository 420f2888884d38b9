import { expect, test } from 'vitest';
import { createFakeJobServer } from './testing/index.js';

test('a job is followed live from its first event to its end, and the end is told once', async () => {
  const server = createFakeJobServer();
  const { client } = server;
  const said: unknown[] = [];
  client.on({
    onJobProgress: (job) => said.push(job.progress),
    onJobCompleted: (result, _job, context) => said.push([result, context]),
  });
  client.subscribe({ userId: 'user-1' });
  await client.connect();
  await server.advance(0);
  server.progress({ jobId: 'job-1', stage: 'DOWNLOADING', progress: 20 });
  server.progress({ jobId: 'job-1', stage: 'SAVING', progress: 90 });
  server.duplicate();
  server.complete({ jobId: 'job-1', result: { noteId: 'n' } });
  expect(said).toEqual([20, 90, [{ noteId: 'n' }, { initial: false, tracked: false }]]);
  expect(client.state).toBe('CONNECTED');
  expect(client.getJobs()).toEqual([server.job('job-1')]);
  await server.advance('1m');
  expect(said).toHaveLength(3);
  server.close();
});
