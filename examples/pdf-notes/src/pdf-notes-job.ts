import { defineJob } from '@notes/job-events-server';
import { z } from 'zod';

/** The ways from a PDF to a note: by one worker in one go, or by one that reads and another one that writes. */
export const jobPath = z.enum(['optimized', 'steps']);

export type JobPath = z.infer<typeof jobPath>;

/**
 * The kind of job this application has: one PDF becomes one note. The weights put the beginnings of the stages at
 * 0, 20, 40, 70 and 90 %, whichever way the job takes.
 */
export const pdfNotes = defineJob({
  type: 'pdf-notes',
  stages: { INITIALIZING: 20, DOWNLOADING: 20, EXTRACTING_TEXT: 30, GENERATING_NOTES: 20, SAVING: 10 },
  metadata: z.object({ fileName: z.string(), path: jobPath }),
  result: z.object({ noteId: z.string() }),
});
