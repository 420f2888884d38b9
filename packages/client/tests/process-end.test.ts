import { spawnNode } from '@notes/test-kit';
import { expect, test } from 'vitest';
import { RealServer, state } from './real-server.js';

test('a program that has disconnected ends by itself, while it still remembers jobs', async () => {
  await using server = await new RealServer().start();
  await server.report('alice', state('running', 1));
  await server.report('alice', state('done', 1, { status: 'completed' }));
  await using program = spawnNode(new URL('watch-and-leave.ts', import.meta.url), { args: [server.origin] });
  const left = await program.waitForLine('left');
  expect(left).toBe('left with 2 jobs');
  expect(await Promise.race([program.ended, new Promise((resolve) => setTimeout(resolve, 5_000, 'still there'))])).toBe(0);
});
