import type { DocumentText } from '../pdf/document-text.js';
import { extractNotesInThread } from './extractive/extract-notes-in-thread.js';
import type { StudyNotes } from './study-notes.js';

/** An OpenAI-compatible server. */
export interface ModelSettings {
  /** With the version, as in `http://localhost:11434/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string | undefined;
}

export interface GenerateNotesOptions {
  /** Absent: the notes are chosen from the document's own sentences, and no network is needed. */
  readonly model?: ModelSettings | undefined;
  /** Gives the notes a title where the document has none. */
  readonly fileName?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with 0 to 1, never falling. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/**
 * Makes notes to study from: by the model where one is configured, else from the document's own sentences.
 *
 * @throws NotesProblem where the document is too short to say anything, or the model cannot be used; the reason of
 * `signal` where it was aborted.
 */
export async function generateNotes(document: DocumentText, options: GenerateNotesOptions = {}): Promise<StudyNotes> {
  options.signal?.throwIfAborted();
  return extractNotesInThread(document, { ...options, fallbackTitle: titleOf(options.fileName) });
}

/** `moon_and-tides.pdf` is about the moon and tides. */
function titleOf(fileName: string | undefined): string | undefined {
  const title = fileName?.replace(/\.pdf$/i, '').replace(/[_-]+/g, ' ').trim();
  return title === '' ? undefined : title;
}
