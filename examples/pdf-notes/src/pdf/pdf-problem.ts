import { JobEventsError } from '@notes/job-events-protocol';

/** Why no notes can be made from a PDF, as sentences for people. */
export const PDF_PROBLEMS = {
  PDF_ENCRYPTED: 'This PDF is protected by a password. Save a copy without the password and upload that.',
  PDF_DAMAGED: 'This PDF is damaged and cannot be read. Export or download it again and upload the new file.',
  PDF_WITHOUT_TEXT: 'This PDF has no text, only pictures of pages. Run text recognition (OCR) on it first and upload the result.',
  PDF_TOO_LONG: 'This PDF has too many pages. Split it and upload the parts that you want to study.',
  PDF_TOO_SLOW: 'This PDF takes too long to read. Export it again, or upload only the pages that you want to study.',
  PDF_TOO_HEAVY: 'Reading this PDF takes more memory than is allowed. Export it again, or upload only the pages that you want to study.',
} as const;

export type PdfProblemCode = keyof typeof PDF_PROBLEMS;

/** Something about the PDF itself: trying again with the same file does not help. */
export class PdfProblem extends JobEventsError<PdfProblemCode> {
  constructor(code: PdfProblemCode, options?: { cause?: unknown }) {
    super(code, PDF_PROBLEMS[code], options);
  }
}

export const isPdfProblemCode = (code: string | undefined): code is PdfProblemCode => code !== undefined && Object.hasOwn(PDF_PROBLEMS, code);
