import { serveThread } from '../thread/serve-thread.js';
import type { DocumentText } from './document-text.js';
import { extractText } from './extract-text.js';

/** What the thread is started with. */
export interface ExtractInput {
  readonly bytes: Uint8Array;
  readonly maximumPages: number;
}

export interface PagesDone {
  readonly done: number;
  readonly total: number;
}

await serveThread<ExtractInput, DocumentText, PagesDone>(({ bytes, maximumPages }, report) =>
  extractText(bytes, { maximumPages, onPage: (done, total) => report({ done, total }) }),
);
