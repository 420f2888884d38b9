import { describeWith, spawnNode, startPostgres, startRedis, type NodeProcess } from '@notes/test-kit';
import { expect, it, vi } from 'vitest';
import { watchJobs } from './support/watching-client.js';

const script = (name: string): URL => new URL(`support/processes/${name}.ts`, import.meta.url);

interface Worker {
  readonly jobId: string;
  readonly process: NodeProcess;
}

/** A gateway that looks for no runs, three workers that do, and somebody who watches. One worker is killed. */
async function killAWorker(url: string): Promise<void> {
  await using processes = new AsyncDisposableStack();
  const start = (name: string, ...args: string[]): NodeProcess => {
    const process = spawnNode(script(name), { args: [url, ...args] });
    processes.defer(() => process.kill());
    return process;
  };
  const gateway = start('gateway', 'unsupervised');
  const { port } = await gateway.waitForMessage<{ port: number }>(({ port }) => port !== undefined);
  using ada = watchJobs(`http://127.0.0.1:${port}`, 'ada');
  const workers: Worker[] = [];
  for (const jobId of ['first', 'second', 'third']) {
    const process = start('supervised-worker', jobId);
    workers.push({ jobId, process });
    await process.waitForMessage(({ begun }: { begun?: string }) => begun !== undefined);
  }

  // The one that supervises is the hardest to lose.
  const lost = await Promise.race(workers.map(async (worker) => {
    await worker.process.waitForMessage(({ supervises }: { supervises?: true }) => supervises === true);
    return worker;
  }));
  const living = workers.filter((worker) => worker !== lost);
  await lost.process.kill('SIGKILL');

  const seenOf = (jobId: string) => ada.live.filter((job) => job.jobId === jobId).map(({ status, stalled, error }) => [status, stalled && 'stalled', error?.code].filter(Boolean).join(' '));
  await vi.waitFor(() => expect(seenOf(lost.jobId).at(-1)).toBe('active stalled'), { timeout: 90_000, interval: 100 });
  await vi.waitFor(() => expect(seenOf(lost.jobId).at(-1)).toBe('failed WORKER_LOST'), { timeout: 60_000, interval: 100 });
  expect(ada.jobs.get(lost.jobId)).toMatchObject({ status: 'failed', progress: 40, error: { code: 'WORKER_LOST', retryable: true } });
  expect(seenOf(lost.jobId).filter((state) => state.startsWith('failed'))).toHaveLength(1);

  const successors = living.filter(({ process }) => process.messages.some((message) => (message as { supervises?: true }).supervises));
  expect(successors).toHaveLength(1);
  for (const { jobId, process } of living) {
    expect(new Set(seenOf(jobId))).toEqual(new Set(['active']));
    process.send({ finish: true });
    await process.waitForMessage(({ ended }: { ended?: string }) => ended === jobId);
    await vi.waitFor(() => expect(ada.jobs.get(jobId)).toMatchObject({ status: 'completed' }), { timeout: 10_000 });
  }
}

const title = 'shows the job of a worker that is killed as stalled, then as failed with WORKER_LOST, by one other process, and leaves the jobs of living ones alone';

describeWith(['redis-server'], 'supervision across processes', () => {
  it(`over PostgreSQL: ${title}`, async () => {
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    await killAWorker(database.url);
  }, 240_000);

  it(`over Redis: ${title}`, async () => {
    await using server = await startRedis({ own: true });
    await killAWorker(server.url);
  }, 240_000);
});
