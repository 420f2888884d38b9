import { expect, test } from 'vitest';
import { LIMIT, measureSize } from '../scripts/measure-size.mjs';

test('what the client adds to socket.io-client stays small, and no schema library is in it', async () => {
  const { added, paths } = await measureSize();
  expect(added).toBeLessThanOrEqual(LIMIT);
  const SOCKET_IO = /node_modules\/(socket\.io-client|engine\.io-(client|parser)|socket\.io-parser|@socket\.io\/component-emitter)\//;
  expect(paths.filter((path) => path.includes('node_modules') && !SOCKET_IO.test(path))).toEqual([]);
});
