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

/** The stage's name and what it means, or what is said about it. */
export function describeStage(job: NotesJob): string {
  const says = job.status === 'retrying' ? `${job.error.message} Trying again.` : (job.message ?? IN_WORDS[job.stage]);
  return `${job.stage.padEnd(17)}${says}`;
}
