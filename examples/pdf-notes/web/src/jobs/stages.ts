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

export const isStage = (stage: string): stage is Stage => Object.hasOwn(STAGE_LABELS, stage);

/**
 * How many stages are behind a job; the next one is where it stands. -1 for one that has not begun.
 *
 * @param last the stage that it was last seen in
 */
export function stagesDone({ status, progress }: Pick<JobSnapshot, 'status' | 'progress'>, last: string | undefined): number {
  if (status === 'completed') return STAGES.length;
  // Between two steps it waits for the worker of the stage that comes next.
  if (status === 'queued') return progress > 0 ? BEGINNINGS.findLastIndex((beginning) => beginning <= progress) : -1;
  const seen = STAGES.findIndex((stage) => stage === last);
  if (seen >= 0) return seen;
  // It stood at the beginning of a stage, or at the end of the one before, which only those know that take their time.
  const isAtEnd = ['EXTRACTING_TEXT', 'GENERATING_NOTES'].includes(STAGES[BEGINNINGS.indexOf(progress) - 1] ?? '');
  return BEGINNINGS.findLastIndex((beginning) => (isAtEnd || progress === 0 ? beginning < progress : beginning <= progress));
}
