import type { DocumentText } from '../pdf/document-text.js';
import { extractNotesInThread } from './extractive/extract-notes-in-thread.js';
import { connectModel } from './model/ask-model.js';
import type { ModelSettings } from './model/model-settings.js';
import { writeNotes } from './model/write-notes.js';
import type { StudyNotes } from './study-notes.js';

export type { ModelSettings };

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
  const { model, fileName, signal, onProgress } = options;
  const common = { fallbackTitle: titleOf(fileName), signal, onProgress };
  return model === undefined ? extractNotesInThread(document, common) : writeNotes(document, connectModel(model), common);
}

/** `moon_and-tides.pdf` is about the moon and tides. */
function titleOf(fileName: string | undefined): string | undefined {
  const title = fileName?.replace(/\.pdf$/i, '').replace(/[_-]+/g, ' ').trim();
  return title === '' ? undefined : title;
}
