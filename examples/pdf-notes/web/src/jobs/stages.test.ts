import { expect, test } from 'vitest';

import { stagesDone } from './stages.js';

test.each([
  ['none of a job that waits', { status: 'queued', progress: 0 }, undefined, -1],
  ['those before the one that it waits for between two steps', { status: 'queued', progress: 70 }, 'EXTRACTING_TEXT', 3],
  ['those before the one that it is in', { status: 'active', progress: 70 }, 'GENERATING_NOTES', 3],
  ['those before the one in which it failed', { status: 'failed', progress: 70 }, 'EXTRACTING_TEXT', 2],
  ['what its percentage tells where nobody saw it', { status: 'failed', progress: 45 }, undefined, 2],
  ['those before the one that it had just begun', { status: 'failed', progress: 40 }, undefined, 2],
  ['those before the one at whose end it failed', { status: 'failed', progress: 70 }, undefined, 2],
  ['none of one that never began', { status: 'cancelled', progress: 0 }, undefined, -1],
  ['all of a completed one', { status: 'completed', progress: 100 }, undefined, 5],
] as const)('behind a job are %s', (_, job, last, done) => {
  expect(stagesDone(job, last)).toBe(done);
});
