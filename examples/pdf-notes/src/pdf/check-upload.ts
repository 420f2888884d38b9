/** What is wrong with an upload. `status` is the HTTP status that fits; `message` is a sentence for people. */
export interface UploadProblem {
  readonly code: 'FILE_EMPTY' | 'FILE_NOT_PDF' | 'FILE_TRUNCATED' | 'FILE_TOO_LARGE';
  readonly status: 400 | 413 | 415 | 422;
  readonly message: string;
}

export interface CheckUploadOptions {
  /** In bytes; 25 MB unless told. */
  readonly maximumBytes?: number;
}

const MEGABYTE = 1024 * 1024;
const DEFAULT_MAXIMUM_BYTES = 25 * MEGABYTE;

/** Readers look for the header this far, because some programs write a few bytes of their own in front. */
const HEADER_WITHIN_BYTES = 1024;
/** The same at the end, where mail gateways and download managers append things. */
const TRAILER_WITHIN_BYTES = 4096;

/**
 * What can be told from the bytes of an upload at once, without parsing it: an empty file, something that is no PDF, a
 * PDF of which a part is missing, one that is too large. Whether the PDF can be read (passwords, damage inside, pages
 * without text) is found out by `extractText`.
 *
 * @returns `undefined` where nothing is wrong so far.
 */
export function checkUpload(bytes: Uint8Array, { maximumBytes = DEFAULT_MAXIMUM_BYTES }: CheckUploadOptions = {}): UploadProblem | undefined {
  if (bytes.length === 0)
    return { code: 'FILE_EMPTY', status: 400, message: 'This file is empty. Choose a PDF with pages in it.' };
  if (bytes.length > maximumBytes) {
    const megabytes = Math.round((maximumBytes / MEGABYTE) * 10) / 10;
    return { code: 'FILE_TOO_LARGE', status: 413, message: `This file is too large: a PDF may have at most ${megabytes} MB.` };
  }
  if (!startsLikePdf(bytes))
    return { code: 'FILE_NOT_PDF', status: 415, message: 'This file is not a PDF, whatever its name says. Export it as a PDF and try again.' };
  if (!endsLikePdf(bytes))
    return {
      code: 'FILE_TRUNCATED',
      status: 422,
      message: 'A part of this PDF is missing: its end is cut off. Download or copy it again and then upload the new file.',
    };
  return undefined;
}

const startsLikePdf = (bytes: Uint8Array) => asText(bytes.subarray(0, HEADER_WITHIN_BYTES)).includes('%PDF-');

/**
 * The last thing in a PDF says where its table of contents (the cross-reference) begins. A PDF made for the web has
 * such an ending in the middle as well, for its first page; but its first object says how long the file ought to be.
 */
function endsLikePdf(bytes: Uint8Array): boolean {
  const declaredLength = /\/Linearized\b[^>]*?\/L\s+(\d+)/.exec(asText(bytes.subarray(0, HEADER_WITHIN_BYTES)));
  if (declaredLength !== null && Number(declaredLength[1]) > bytes.length) return false;
  const tail = asText(bytes.subarray(Math.max(0, endOfContent(bytes) - TRAILER_WITHIN_BYTES)));
  const pointers = [...tail.matchAll(/startxref\s+(\d+)\s+%%EOF/g)];
  return pointers.some(([, offset]) => Number(offset) < bytes.length);
}

/** Without the zeros and blank lines that follow the last byte that counts. */
function endOfContent(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] ?? 0) <= 0x20) end -= 1;
  return end;
}

/** One character a byte. */
const asText = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
