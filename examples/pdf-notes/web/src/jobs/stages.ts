import type { JobSnapshot, StageOf } from '@notes/job-events-react';

import type { pdfNotes } from '../../../src/pdf-notes-job.js';

type Stage = StageOf<typeof pdfNotes>;

/** What each stage is called on the page, in order. */
export const STAGE_LABELS: Readonly<Record<Stage, string>> = {
  INITIALIZING: 'Getting ready',
  DOWNLOADING: 'Fetching the file',
  EXTRACTING_TEXT: 'Reading the text',
  GENERATING_NOTES: 'Writing the notes',
  SAVING: 'Saving',
};

export const STAGES = Object.keys(STAGE_LABELS) as readonly Stage[];

/** Where each stage begins, in percent; the contract's weights say so. A job that ended no longer says which it was in. */
const BEGINNINGS: readonly number[] = [0, 20, 40, 70, 90];

/** How many stages are behind a job; the next one is where it stands. -1 for one that has not begun. */
export function stagesDone(job: Pick<JobSnapshot, 'status' | 'stage' | 'progress'>): number {
  if (job.status === 'completed') return STAGES.length;
  const named = STAGES.findIndex((stage) => stage === job.stage);
  if (named >= 0) return named;
  return job.progress > 0 ? BEGINNINGS.findLastIndex((beginning) => beginning <= job.progress) : -1;
}
