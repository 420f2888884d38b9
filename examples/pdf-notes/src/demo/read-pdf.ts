import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DemoError } from './demo-error.js';

export interface PdfFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const SAMPLE = fileURLToPath(new URL('../../sample/sample.pdf', import.meta.url));

const WHY_NOT: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file',
  EISDIR: 'This is a folder, not a PDF',
  EACCES: 'This file may not be read',
  EPERM: 'This file may not be read',
};

/**
 * Reads the PDF that was asked for, as seen from the folder in which the person called the demo; else the sample.
 *
 * @throws DemoError where it cannot be read. Whether it is a PDF is for the API to say.
 */
export async function readPdf(file: string | undefined, calledFrom: string): Promise<PdfFile> {
  const path = file === undefined ? SAMPLE : resolve(calledFrom, file);
  try {
    return { name: basename(path), bytes: new Uint8Array(await readFile(path)) };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new DemoError(`${WHY_NOT[code] ?? `This file cannot be read (${code})`}: ${path}`, { cause: error });
  }
}
