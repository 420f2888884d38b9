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


/** As much of a job as tells whose upload it is. */
export interface KnownJob {
  readonly jobId: string;
  readonly fileName: string;
}

/**
 * The job of each upload, as far as there is one: also of an upload whose answer has not come yet, or never came. News
 * of a job can be faster than the answer to its upload.
 *
 * @returns the ids of the jobs by those of the uploads
 */
export function jobsOfUploads(uploads: readonly Upload[], jobs: readonly KnownJob[]): ReadonlyMap<string, string> {
  const found = new Map(uploads.flatMap((upload) => (upload.state === 'accepted' ? [[upload.id, upload.jobId] as const] : [])));
  const taken = new Set(found.values());
  for (const upload of uploads) {
    if (!mayHaveArrived(upload)) continue;
    const job = jobs.find(({ jobId, fileName }) => fileName === upload.fileName && !upload.jobsBefore.includes(jobId) && !taken.has(jobId));
    if (job === undefined) continue;
    found.set(upload.id, job.jobId);
    taken.add(job.jobId);
  }
  return found;
}

const mayHaveArrived = (upload: Upload): boolean => upload.state === 'sending' || (upload.state === 'stopped' && upload.next !== 'nothing');
