import type { StageOf } from '@notes/job-events-react';

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
