import type { AnyJobSnapshot, JobRecord } from '@notes/job-events-server';
import { expect, test } from 'vitest';
import type { Upload } from '../../database/uploads.js';
import type { Queued } from '../../queue/notes-queue.js';
import { correctionOf, whyOf } from './job-audit.js';

const NOW = 1_000_000;
const upload: Upload = { jobId: 'j', fileId: 'f', userId: 'ada', fileName: 'paper.pdf', path: 'steps', attempt: 2 };
const record = (status: AnyJobSnapshot['status'], attempt = 2, run?: JobRecord['run']): JobRecord => ({
  userId: 'ada',
  snapshot: { jobId: 'j', status, stage: 'SAVING', progress: 0, version: [attempt, 0, 1, 1], createdAt: '', timestamp: '' },
  changedAt: 0,
  ...(run && { run }),
});
const queued = { state: 'going-on' } as const;
const unknown = { state: 'unknown' } as const;
const failed = { state: 'failed', reason: 'stalled' } as const;
const completed = { state: 'completed', result: { noteId: 'n' } } as const;

test.each<[what: string, record: JobRecord | undefined, queued: Queued, correction: string]>([
  ['a job that goes on is left alone', record('active'), queued, 'none'],
  ['so is one that waits', record('queued'), queued, 'none'],
  ['one that the queue has forgotten is offered again', record('queued'), unknown, 'offer-again'],
  ['also where nobody knows it', undefined, unknown, 'offer-again'],
  ['also where its worker was lost long ago', record('active', 2, { epoch: 1, aliveAt: NOW - 30_001 }), unknown, 'offer-again'],
  ['not while a worker is at it', record('active', 2, { epoch: 1, aliveAt: NOW - 29_000 }), unknown, 'none'],
  ['a failure that nobody told is told', record('active'), failed, 'tell-failed'],
  ['also of a job that was to be tried again', record('retrying'), failed, 'tell-failed'],
  ['an end that nobody told is told', record('active'), completed, 'tell-completed'],
  ['a failed job is noted as such', record('failed'), failed, 'note-ended'],
  ['a cancelled one at once, whatever the queue does with it', record('cancelled'), queued, 'note-ended'],
  ['not where that was the attempt before, and this one is on its way', record('failed', 1), queued, 'none'],
  ['nor where the queue has ended an attempt that was never shown', record('failed', 1), failed, 'none'],
  ['a completed one is over', record('completed'), completed, 'note-completed'],
  ['also where it was the attempt before', record('completed', 1), unknown, 'note-completed'],
])('%s', (_what, standing, found, correction) => {
  expect(correctionOf(upload, standing, found, NOW)).toBe(correction);
});

test.each([
  ['a job whose workers were lost too often is said to be that', 'job stalled more than allowable limit', 'WORKER_LOST'],
  ['no worker is said to be lost that was not', 'connect ECONNREFUSED 127.0.0.1:5432', 'WORKER_TROUBLE'],
])('%s', (_, reason, code) => {
  expect(whyOf(reason)).toMatchObject({ code, message: expect.stringMatching(/again\.$/) });
});
