import type { DocumentText } from './document-text.js';

export interface ExtractOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each page, and now and then, with how many of how many are done. */
  readonly onPage?: ((done: number, total: number) => void) | undefined;
  readonly limits?: Partial<ExtractLimits> | undefined;
}

export interface ExtractLimits {
  /** 5,000 unless told. */
  readonly maximumPages: number;
  /** From beginning to end; 5 minutes unless told. */
  readonly timeoutMs: number;
  /** Of the thread that reads the PDF; 512 unless told. */
  readonly memoryMegabytes: number;
}

/**
 * Reads the text of a PDF in a thread of its own, with limits to its time and memory, so that no PDF can stop the
 * process.
 *
 * @throws PdfProblem where something about the PDF is the reason; the reason of `signal` where it was aborted.
 */
export async function extractInThread(bytes: Uint8Array, options: ExtractOptions = {}): Promise<DocumentText> {
  options.signal?.throwIfAborted();
  throw new Error(`Reading ${bytes.length} bytes is not built yet.`);
}
