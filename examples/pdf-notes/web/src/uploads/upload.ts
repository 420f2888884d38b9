import type { JobPath } from '../../../src/pdf-notes-job.js';

/** A file on its way to the server, from the moment it was dropped until its job takes over. */
export type Upload = UploadFacts & UploadState;

export interface UploadFacts {
  readonly id: string;
  readonly fileName: string;
  readonly path: JobPath;
  /** The jobs for files of this name that were known before: another one is what became of this upload. */
  readonly jobsBefore: readonly string[];
}

export type UploadState =
  | { readonly state: 'waiting' }
  /** How much of it the server has, 0 to 1; at 1 it is being checked. */
  | { readonly state: 'sending'; readonly sent: number }
  | { readonly state: 'accepted'; readonly jobId: string }
  | { readonly state: 'stopped'; readonly reason: string; readonly next: WhatNext };

/** What can be done about an upload that stopped: nothing, where the file itself is the reason. */
export type WhatNext = 'send-again' | 'choose-again' | 'nothing';

