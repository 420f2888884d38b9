import type { Note } from '../database/notes.js';
import type { ApiClient } from './api-client.js';
import type { DemoOutput } from './output/demo-output.js';
import type { PdfFile } from './read-pdf.js';
import type { JobWatch } from './watch-jobs.js';

interface Parts {
  readonly api: ApiClient;
  readonly jobs: JobWatch;
  readonly output: DemoOutput;
}

/**
 * Uploads the PDF, shows its job until the end, and shows the note.
 *
 * @throws DemoError with what is wrong with the file.
 */
export async function makeNotes(pdf: PdfFile, { api, jobs, output }: Parts): Promise<Note> {
  await jobs.connect(api);
  const jobId = await api.upload(pdf);
  const noteId = await jobs.follow(jobId, (job) => output.showJob(job));
  const note = await api.readNote(noteId);
  output.showNote(note);
  return note;
}
