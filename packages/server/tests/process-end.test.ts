import { spawnNode } from '@notes/test-kit';
import { expect, it } from 'vitest';

it('a process does not end by itself while the end of a job still waits for the store', async () => {
  await using worker = spawnNode(new URL('support/processes/worker-in-an-outage.ts', import.meta.url));
  expect(await worker.ended).toBe(0);
  expect(worker.output).toContain('stored as completed');
});
