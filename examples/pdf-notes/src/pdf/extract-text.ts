import { setImmediate as nextTurn } from 'node:timers/promises';
import { detectLanguage } from './detect-language.js';
import type { DocumentText } from './document-text.js';
import { documentTitle } from './document-title.js';
import { dropHeadingFurniture } from './heading-furniture.js';
import { openPdf, type OpenPdf } from './open-pdf.js';
import { readLines, type Line } from './page-lines.js';
import { PdfProblem } from './pdf-problem.js';
import { dropRunningLines } from './running-lines.js';
import { textBlocks } from './text-blocks.js';
import { typographyOf } from './typography.js';

export interface ExtractTextOptions {
  readonly maximumPages: number;
  /** Called after each page. */
  readonly onPage?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Fewer letters than this on the average page: the pages are pictures, and what letters there are is a stamp on them. */
const FEWEST_LETTERS_A_PAGE = 20;

/**
 * Reads the text of a PDF: paragraphs and headings in reading order, without headers, footers, footnotes, tables of
 * contents and programs. The bytes cannot be used afterwards. It computes without a break for a page at a time; how
 * long and in how much memory is up to the PDF, which is why `extractInThread` is what to call for one of a stranger's.
 *
 * @throws PdfProblem
 */
export async function extractText(bytes: Uint8Array, options: ExtractTextOptions): Promise<DocumentText> {
  await using pdf = await openPdf(bytes);
  if (pdf.numPages > options.maximumPages) throw new PdfProblem('PDF_TOO_LONG');
  const lines = await readPages(pdf, options);
  const letters = lines.reduce((sum, { text }) => sum + (text.match(/\p{L}/gu)?.length ?? 0), 0);
  if (letters < FEWEST_LETTERS_A_PAGE * pdf.numPages) throw new PdfProblem('PDF_WITHOUT_TEXT');

  const running = dropRunningLines(lines);
  const blocks = dropHeadingFurniture(textBlocks(running, typographyOf(running)));
  const title = documentTitle(await titleProperty(pdf), blocks);
  const language = detectLanguage(blocks);
  return { pageCount: pdf.numPages, blocks, ...(title !== undefined && { title }), ...(language !== undefined && { language }) };
}

async function readPages(pdf: OpenPdf, { onPage, signal }: ExtractTextOptions): Promise<Line[]> {
  const lines: Line[] = [];
  for (let number = 1; number <= pdf.numPages; number += 1) {
    signal?.throwIfAborted();
    try {
      const page = await pdf.getPage(number);
      lines.push(...(await readLines(page)));
      page.cleanup();
    } catch (error) {
      throw new PdfProblem('PDF_DAMAGED', { cause: error });
    }
    onPage?.(number, pdf.numPages);
    await nextTurn();
  }
  return lines;
}

async function titleProperty(pdf: OpenPdf): Promise<unknown> {
  const { info } = await pdf.getMetadata();
  return 'Title' in info ? info.Title : undefined;
}
