import type { DocumentText } from '../../pdf/document-text.js';
import { runInThread, type ThreadLimits } from '../../thread/run-in-thread.js';
import { ThreadError } from '../../thread/thread-error.js';
import { threadModule } from '../../thread/thread-module.js';
import { isNotesProblemCode, NotesProblem } from '../notes-problem.js';
import type { StudyNotes } from '../study-notes.js';
import type { ExtractNotesInput } from './extract-notes-thread.js';

const LIMITS: ThreadLimits = { timeoutMs: 5 * 60_000, memoryMegabytes: 512 };
const THREAD = threadModule('extract-notes-thread', import.meta.url);

export interface ExtractNotesInThreadOptions {
  readonly fallbackTitle?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** 5 minutes and 512 MB unless told. */
  readonly limits?: ThreadLimits | undefined;
}

/**
 * `extractNotes` beside the process's own work: ranking the sentences of a long book takes seconds.
 *
 * @throws NotesProblem where the text is the reason; the reason of `signal` where it was aborted.
 */
export async function extractNotesInThread(document: DocumentText, options: ExtractNotesInThreadOptions): Promise<StudyNotes> {
  const { fallbackTitle, signal, onProgress, limits = LIMITS } = options;
  try {
    return await runInThread<ExtractNotesInput, StudyNotes, number>(THREAD, { document, fallbackTitle }, { limits, signal, onProgress });
  } catch (error) {
    throw problemOf(error);
  }
}

function problemOf(error: unknown): unknown {
  if (!(error instanceof ThreadError)) return error;
  // Trying again would take as long, and as much.
  if (error.code !== 'THREAD_THREW') return new NotesProblem('TOO_MUCH_TEXT', { cause: error });
  return isNotesProblemCode(error.thrownCode) ? new NotesProblem(error.thrownCode, { cause: error.cause }) : error;
}
