import type { AnyJobSnapshot, JobRecord } from '@notes/job-events-server';
import { expect, test } from 'vitest';
import type { Upload } from '../../database/uploads.js';
import { correctionOf } from './job-audit.js';

const upload: Upload = { jobId: 'j', fileId: 'f', userId: 'ada', fileName: 'paper.pdf', path: 'steps', attempt: 2 };
const record = (status: AnyJobSnapshot['status'], attempt = 2): JobRecord => ({
  userId: 'ada',
  snapshot: { jobId: 'j', status, stage: 'SAVING', progress: 0, version: [attempt, 0, 1, 1], createdAt: '', timestamp: '' },
  changedAt: 0,
});

test.each<[what: string, record: JobRecord | undefined, isInQueue: boolean, correction: string]>([
  ['a job that goes on is left alone', record('active'), true, 'none'],
  ['so is one that waits', record('queued'), true, 'none'],
  ['one that the queue has forgotten is offered again', record('queued'), false, 'offer-again'],
  ['also one that was to be tried again', record('retrying'), false, 'offer-again'],
  ['one that nobody knows is offered again', undefined, false, 'offer-again'],
  ['also where the queue has it: it is shown again, and ended from there', undefined, true, 'offer-again'],
  ['not while a worker is at it', record('active'), false, 'none'],
  ['a failed job is noted as such', record('failed'), true, 'note-ended'],
  ['a cancelled one at once, whatever the queue does with it', record('cancelled'), true, 'note-ended'],
  ['not where that was the attempt before, and this one is on its way', record('failed', 1), true, 'none'],
  ['a completed one is over', record('completed'), true, 'note-completed'],
  ['also where it was the attempt before', record('completed', 1), false, 'note-completed'],
])('%s', (_what, standing, isInQueue, correction) => {
  expect(correctionOf(upload, standing, isInQueue)).toBe(correction);
});
