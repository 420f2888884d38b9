import * as bullmq from 'bullmq';
import { expect, it } from 'vitest';

import { isBullMQ5 } from './bull-backends.js';

it(`these tests run on BullMQ ${isBullMQ5 ? 5 : 6}`, () => {
  // Only 6 has other back ends than Redis, and only 5 discards jobs.
  expect('createPostgresBackend' in bullmq).toBe(!isBullMQ5);
  expect('discard' in bullmq.Job.prototype).toBe(isBullMQ5);
});
