import { expect, test } from 'vitest';
import { LIMIT, measureSize } from '../scripts/measure-size.mjs';

test('what the client adds to socket.io-client stays small, and no schema library is in it', async () => {
  const { gzipped, parts } = await measureSize();
  expect(gzipped).toBeLessThanOrEqual(LIMIT);
  expect(parts.filter(({ path }) => !/(^|\/)(client|protocol)?\/?src\//.test(path))).toEqual([]);
});
