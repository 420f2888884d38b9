import { runInThread, type ThreadLimits } from '../thread/run-in-thread.js';
import { ThreadError } from '../thread/thread-error.js';
import { threadModule } from '../thread/thread-module.js';
import type { DocumentText } from './document-text.js';
import type { ExtractInput, PagesDone } from './extract-thread.js';
import { isPdfProblemCode, PdfProblem } from './pdf-problem.js';

export interface ExtractLimits extends ThreadLimits {
  /** 5,000 unless told. */
  readonly maximumPages: number;
  /** 5 minutes unless told. */
  readonly timeoutMs: number;
  /** 512 unless told. */
  readonly memoryMegabytes: number;
}

export interface ExtractOptions {
  readonly limits?: Partial<ExtractLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each page. */
  readonly onPage?: ((done: number, total: number) => void) | undefined;
}

const DEFAULTS: ExtractLimits = { maximumPages: 5_000, timeoutMs: 5 * 60_000, memoryMegabytes: 512 };
const THREAD = threadModule('extract-thread', import.meta.url);

/**
 * Reads the text of a PDF in a thread of its own, with limits to its time and memory, so that no PDF can stop the
 * process. Nothing of it is left when the promise is settled.
 *
 * @throws PdfProblem where the PDF is the reason; the reason of `signal` where it was aborted.
 */
export async function extractInThread(bytes: Uint8Array, { limits, signal, onPage }: ExtractOptions = {}): Promise<DocumentText> {
  const { maximumPages, ...threadLimits } = { ...DEFAULTS, ...limits };
  try {
    return await runInThread<ExtractInput, DocumentText, PagesDone>(THREAD, { bytes, maximumPages }, {
      limits: threadLimits,
      signal,
      onProgress: ({ done, total }) => onPage?.(done, total),
    });
  } catch (error) {
    throw problemOf(error);
  }
}

function problemOf(error: unknown): unknown {
  if (!(error instanceof ThreadError)) return error;
  if (error.code === 'THREAD_TOO_SLOW') return new PdfProblem('PDF_TOO_SLOW', { cause: error });
  if (error.code === 'THREAD_TOO_HEAVY') return new PdfProblem('PDF_TOO_HEAVY', { cause: error });
  return isPdfProblemCode(error.thrownCode) ? new PdfProblem(error.thrownCode, { cause: error.cause }) : error;
}
