import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { WebSocketService } from '../src/index.js';
import { RealServer, state } from './real-server.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const handles = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCP/.test(name)).length;

function heapUsed(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('a thousand jobs tracked and finished over a thousand connections leave no handle and no heap', { timeout: 120_000 }, async () => {
  await using server = await new RealServer().start();
  const client = new WebSocketService({ url: server.origin, auth: () => 'alice', finishedJobsMs: 0 });
  const ends = vi.fn();
  client.on({ onJobCompleted: () => void ends() });
  const round = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const jobId = `job-${i}`;
      client.trackJob(jobId);
      await server.reportUnheard('alice', state(jobId, 1, { status: 'completed' }));
      await client.connect();
      await client.waitFor(jobId);
      client.disconnect();
    }
    await vi.waitFor(() => expect(server.sockets).toBe(0), 10_000);
  };

  // Counted inside waitFor before and after, because it has a timer of its own.
  await round(0, 200);
  const baseline = await vi.waitFor(handles);
  const before = heapUsed();
  await round(200, 1_000);
  await vi.waitFor(() => expect(handles()).toBeLessThanOrEqual(baseline), 10_000);
  expect(ends).toHaveBeenCalledTimes(1_000);
  expect(client.getJobs()).toEqual([]);
  // Ten megabytes are more than noise and less than one leaked connection in each of 800 rounds.
  expect(heapUsed() - before).toBeLessThan(10_000_000);
  client.reset();
});
