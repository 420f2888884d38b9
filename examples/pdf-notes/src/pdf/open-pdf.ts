import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { getDocument, InvalidPDFException, PasswordException, VerbosityLevel, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { PdfProblem } from './pdf-problem.js';

const pdfjs = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));

export type OpenPdf = PDFDocumentProxy & AsyncDisposable;

/**
 * Opens a PDF for reading its text: no scripts, no forms, no fonts for drawing, nothing from the network. The bytes
 * belong to the reader afterwards.
 *
 * @throws PdfProblem PDF_ENCRYPTED or PDF_DAMAGED
 */
export async function openPdf(bytes: Uint8Array): Promise<OpenPdf> {
  const loading = getDocument({
    data: bytes,
    verbosity: VerbosityLevel.ERRORS,
    // Without these tables, Chinese, Japanese and Korean text in older PDFs has no characters.
    cMapUrl: join(pdfjs, 'cmaps/'),
    standardFontDataUrl: join(pdfjs, 'standard_fonts/'),
    disableFontFace: true,
    useSystemFonts: false,
    enableXfa: false,
    isImageDecoderSupported: false,
  });
  try {
    const pdf = await loading.promise;
    return Object.assign(pdf, { [Symbol.asyncDispose]: () => loading.destroy() });
  } catch (error) {
    await loading.destroy();
    throw problemOf(error);
  }
}

function problemOf(error: unknown): unknown {
  if (error instanceof PasswordException) return new PdfProblem('PDF_ENCRYPTED', { cause: error });
  if (error instanceof InvalidPDFException) return new PdfProblem('PDF_DAMAGED', { cause: error });
  return error;
}
