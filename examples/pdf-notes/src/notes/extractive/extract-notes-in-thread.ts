import type { DocumentText } from '../../pdf/document-text.js';
import { runInThread } from '../../thread/run-in-thread.js';
import { ThreadError } from '../../thread/thread-error.js';
import { threadModule } from '../../thread/thread-module.js';
import { isNotesProblemCode, NotesProblem } from '../notes-problem.js';
import type { StudyNotes } from '../study-notes.js';
import type { ExtractNotesInput } from './extract-notes-thread.js';

const LIMITS = { timeoutMs: 5 * 60_000, memoryMegabytes: 512 };
const THREAD = threadModule('extract-notes-thread', import.meta.url);

export interface ExtractNotesInThreadOptions {
  readonly fallbackTitle?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** `extractNotes` beside the process's own work: ranking the sentences of a long book takes seconds. */
export async function extractNotesInThread(document: DocumentText, options: ExtractNotesInThreadOptions): Promise<StudyNotes> {
  const { fallbackTitle, signal, onProgress } = options;
  try {
    return await runInThread<ExtractNotesInput, StudyNotes, number>(THREAD, { document, fallbackTitle }, { limits: LIMITS, signal, onProgress });
  } catch (error) {
    if (error instanceof ThreadError && isNotesProblemCode(error.thrownCode)) throw new NotesProblem(error.thrownCode, { cause: error.cause });
    throw error;
  }
}
