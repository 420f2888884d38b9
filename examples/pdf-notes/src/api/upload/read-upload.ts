import multer, { MulterError } from 'multer';
import type { Request, Response } from 'express';
import { type JobPath, jobPath } from '../../pdf-notes-job.js';
import { Problem } from '../problem/problem.js';

export interface UploadedFile {
  /** As people should see it. Never a path. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface UploadForm {
  readonly file: UploadedFile;
  /** Which way the job is to take. */
  readonly path: JobPath;
}

const FIELD = 'file';
const MEGABYTE = 1024 * 1024;

/**
 * Reads a multipart request with one file and, where it says so, the `path` of its job. The file is read into memory, so
 * that nothing is left on a disk whatever happens next.
 *
 * @throws Problem where there is not exactly one file, it is larger than `maximumBytes`, or there is no such path.
 */
export async function readUpload(request: Request, response: Response, maximumBytes: number): Promise<UploadForm> {
  const read = multer({
    storage: multer.memoryStorage(),
    limits: { fileSize: maximumBytes, files: 1, fields: 10, fieldSize: 1_000, parts: 12 },
    defParamCharset: 'utf8',
  }).any();
  await new Promise<void>((resolve, reject) => {
    read(request, response, (error: unknown) => (error === undefined ? resolve() : reject(problemOf(error, maximumBytes))));
  });
  const [file] = (request.files ?? []) as Express.Multer.File[];
  if (file === undefined || file.fieldname !== FIELD)
    throw new Problem(400, 'FILE_MISSING', 'There is no file in your upload. Choose a PDF and try again.');
  const path = jobPath.default('optimized').safeParse((request.body as { path?: unknown }).path);
  if (!path.success) throw new Problem(400, 'INVALID_REQUEST', "A job's path is 'optimized' or 'steps'.", { cause: path.error });
  return { file: { name: displayName(file.originalname), bytes: file.buffer }, path: path.data };
}

function problemOf(error: unknown, maximumBytes: number): unknown {
  if (error instanceof MulterError) {
    if (error.code === 'LIMIT_FILE_SIZE') {
      const megabytes = Math.round((maximumBytes / MEGABYTE) * 10) / 10;
      return new Problem(413, 'FILE_TOO_LARGE', `This file is too large: a PDF may have at most ${megabytes} MB.`, { cause: error });
    }
    if (error.code === 'LIMIT_FILE_COUNT')
      return new Problem(400, 'FILE_TOO_MANY', 'Send one PDF at a time: this upload has more than one file.', { cause: error });
  }
  // Anything else is a body that is not the multipart form it says it is, or that broke off.
  return new Problem(400, 'INVALID_REQUEST', 'The upload did not arrive in one piece. Please try again.', { cause: error });
}

/** The last part of what the browser calls the file, without control characters, at most 200 characters long. */
export function displayName(original: string): string {
  const last = original.split(/[/\\]/).at(-1) ?? '';
  const visible = last.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').trim();
  return Array.from(visible).slice(0, 200).join('') || 'document.pdf';
}
