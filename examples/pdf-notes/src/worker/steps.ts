import type { JobRun } from '@notes/job-events-server';
import type { Notes } from '../database/notes.js';
import type { Upload, Uploads } from '../database/uploads.js';
import { generateNotes, type ModelSettings } from '../notes/generate-notes.js';
import type { DocumentText } from '../pdf/document-text.js';
import { extractInThread, type ExtractLimits } from '../pdf/extract-in-thread.js';
import type { pdfNotes } from '../pdf-notes-job.js';
import { FinalProblem } from './job-problem.js';

export type NotesRun = JobRun<typeof pdfNotes>;

/** What each step is done on. */
export interface Task {
  readonly run: NotesRun;
  readonly upload: Upload;
  /** Aborted when nobody wants the work any more, or not here. */
  readonly signal: AbortSignal;
}

export interface ReadingParts {
  readonly uploads: Uploads;
  readonly limits: Partial<ExtractLimits>;
}

export interface WritingParts {
  readonly notes: Notes;
  /** Absent: notes are made from the document's own sentences. */
  readonly model: ModelSettings | undefined;
}

/** From the uploaded file to its text. */
export async function readDocument({ run, upload, signal }: Task, { uploads, limits }: ReadingParts): Promise<DocumentText> {
  run.stage('DOWNLOADING');
  const bytes = await uploads.readBytes(upload.fileId);
  if (bytes === undefined) throw new FinalProblem('FILE_GONE', 'The uploaded file is gone. Please upload it again.');

  run.stage('EXTRACTING_TEXT');
  return extractInThread(bytes, {
    limits,
    signal,
    onPage: (done, total) => {
      run.message(`reading page ${done} of ${total}`);
      run.report(done / total);
    },
  });
}

/** From the text to a saved note. Resolves to the note's id. */
export async function writeNote({ run, upload, signal }: Task, document: DocumentText, { notes, model }: WritingParts): Promise<string> {
  run.stage('GENERATING_NOTES');
  const studyNotes = await generateNotes(document, {
    model,
    fileName: upload.fileName,
    signal,
    onProgress: (fraction) => run.report(fraction),
  });

  signal.throwIfAborted();
  run.stage('SAVING');
  return notes.save(upload, studyNotes);
}
