import { requestJson } from '../http/request-json.js';

/** Hands a PDF over. Resolves as soon as the server has taken it, long before the notes are made. */
export async function uploadPdf(file: File): Promise<{ readonly jobId: string }> {
  const body = new FormData();
  body.append('file', file);
  return requestJson('/upload', { method: 'POST', body });
}
