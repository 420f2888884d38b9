import type { JobRun } from '@notes/job-events-server';
import type { Notes } from '../database/notes.js';
import type { Upload, Uploads } from '../database/uploads.js';
import { generateNotes, type ModelSettings } from '../notes/generate-notes.js';
import { extractInThread } from '../pdf/extract-in-thread.js';
import type { pdfNotes } from '../pdf-notes-job.js';
import type { NotesResult } from '../queue/queue-backend.js';
import { FinalProblem, problemOf } from './job-problem.js';

type NotesRun = JobRun<typeof pdfNotes>;

export interface MakePdfNotesParts {
  readonly uploads: Uploads;
  readonly notes: Notes;
  /** Absent: notes are made from the document's own sentences. */
  readonly model: ModelSettings | undefined;
}

/**
 * The whole path from the uploaded PDF to a saved note. What a try before this one got done is not done twice: there is
 * one note a job.
 *
 * @throws FinalProblem where trying again would not help, PassingProblem where it may; the reason of the run's signal
 * where it was aborted.
 */
export async function makePdfNotes(run: NotesRun, upload: Upload, parts: MakePdfNotesParts): Promise<NotesResult> {
  try {
    return await makeNote(run, upload, parts);
  } catch (error) {
    throw run.signal.aborted ? error : problemOf(error);
  }
}

async function makeNote(run: NotesRun, upload: Upload, { uploads, notes, model }: MakePdfNotesParts): Promise<NotesResult> {
  const { signal } = run;

  // A quarter of its share of 20 %: the job shows 5 % from its first moment.
  run.stage('INITIALIZING', 0.25);
  const made = await notes.idOfJob(upload.jobId);
  if (made !== undefined) return { noteId: made };

  run.stage('DOWNLOADING');
  const bytes = await uploads.readBytes(upload.fileId);
  if (bytes === undefined) throw new FinalProblem('FILE_GONE', 'The uploaded file is gone. Please upload it again.');

  run.stage('EXTRACTING_TEXT');
  const document = await extractInThread(bytes, {
    signal,
    onPage: (done, total) => {
      run.message(`reading page ${done} of ${total}`);
      run.report(done / total);
    },
  });

  run.stage('GENERATING_NOTES');
  const studyNotes = await generateNotes(document, {
    model,
    fileName: upload.fileName,
    signal,
    onProgress: (fraction) => run.report(fraction),
  });

  signal.throwIfAborted();
  run.stage('SAVING');
  return { noteId: await notes.save(upload, studyNotes) };
}
