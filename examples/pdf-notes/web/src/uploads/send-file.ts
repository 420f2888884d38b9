import type { JobPath } from '../../../src/pdf-notes-job.js';
import { RequestRefused, UNREACHABLE } from '../http/request-json.js';

export interface SendFileOptions {
  readonly path: JobPath;
  readonly signal: AbortSignal;
  /** Called with 0 to 1 as the server gets the file. */
  readonly onProgress: (sent: number) => void;
}

export type SendFile = (file: File, options: SendFileOptions) => Promise<{ readonly jobId: string }>;

/**
 * Hands a PDF over. Resolves as soon as the server has taken it, long before the notes are made. With XMLHttpRequest,
 * because `fetch` does not tell how much of a body has been sent.
 *
 * @throws RequestRefused; the reason of the signal where it was aborted.
 */
export const sendFile: SendFile = (file, { path, signal, onProgress }) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open('POST', '/upload');
    request.setRequestHeader('accept', 'application/json');
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(total === 0 ? 0 : loaded / total));
    request.addEventListener('load', () => {
      const { status, responseText } = request;
      if (status === 202) resolve(JSON.parse(responseText) as { jobId: string });
      else reject(new RequestRefused(status, reasonIn(responseText) ?? `The server answered ${status}. Try again in a moment.`));
    });
    request.addEventListener('error', () => reject(new RequestRefused(0, UNREACHABLE)));
    request.addEventListener('abort', () => reject(signal.reason as Error));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    const body = new FormData();
    body.append('path', path);
    body.append('file', file);
    request.send(body);
  });

/** The sentence of a problem (RFC 9457). */
function reasonIn(text: string): string | undefined {
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    return undefined;
  }
}
