import type { DocumentText } from '../../pdf/document-text.js';
import { serveThread } from '../../thread/serve-thread.js';
import type { StudyNotes } from '../study-notes.js';
import { extractNotes } from './extract-notes.js';

/** What the thread is started with. */
export interface ExtractNotesInput {
  readonly document: DocumentText;
  readonly fallbackTitle: string | undefined;
}

await serveThread<ExtractNotesInput, StudyNotes, number>(({ document, fallbackTitle }, report) =>
  extractNotes(document, { fallbackTitle, onProgress: report }),
);
