import type { NotesJob } from '../watch-jobs.js';

const IN_WORDS: Readonly<Record<NotesJob['stage'], string>> = {
  QUEUED: 'waiting for a worker',
  INITIALIZING: 'getting ready',
  DOWNLOADING: 'fetching the file',
  EXTRACTING_TEXT: 'reading the text',
  GENERATING_NOTES: 'writing the notes',
  SAVING: 'saving',
  COMPLETED: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

/** The stage's name and what it means, or what the worker says about it. */
export const describeStage = (job: NotesJob): string => `${job.stage.padEnd(17)}${job.message ?? IN_WORDS[job.stage]}`;
