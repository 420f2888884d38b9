import pLimit from 'p-limit';

import type { JobPath } from '../../../src/pdf-notes-job.js';
import { RequestRefused, sentenceFor } from '../http/request-json.js';
import type { KeptFiles } from './kept-files.js';
import type { SendFile } from './send-file.js';
import { jobsOfUploads, type KnownJob, type Upload, type UploadFacts, type UploadState, type WhatNext } from './upload.js';
import type { TabMemory } from '../tab-memory.js';

/** So many files are sent at a time; the others wait their turn. */
const AT_A_TIME = 3;

export interface UploadQueueParts {
  readonly send: SendFile;
  /** Why a file need not be sent at all, as a sentence for people. */
  readonly objection: (file: File) => string | undefined;
  readonly keptFiles: KeptFiles;
  /** Knows after a reload what was on its way before. */
  readonly memory: TabMemory<readonly UploadFacts[]>;
  readonly newId: () => string;
}

export interface UploadListener {
  /** An upload begins, or begins again. */
  onBegun(id: string): void;
  /** The server has begun a job for it. */
  onAccepted(id: string, jobId: string): void;
  /** It will not become a job, as far as can be seen now. */
  onStopped(id: string): void;
}

/** The files of one user that this tab sends, each by itself, so that one that is refused does not hold up the others. */
export class UploadQueue {
  readonly #parts: UploadQueueParts;
  readonly #listener: UploadListener;
  readonly #turns = pLimit(AT_A_TIME);
  readonly #files = new Map<string, File>();
  readonly #aborts = new Map<string, AbortController>();
  readonly #subscribers = new Set<() => void>();
  #uploads: readonly Upload[] = [];

  constructor(parts: UploadQueueParts, listener: UploadListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  readonly subscribe = (subscriber: () => void): (() => void) => {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  };

  /** Newest first; the same array until something changes. */
  readonly getUploads = (): readonly Upload[] => this.#uploads;

  /** Whether leaving the page would lose something. */
  isSending(): boolean {
    return this.#uploads.some(({ state }) => state === 'waiting' || state === 'sending');
  }

  add(files: Iterable<File>, path: JobPath, jobs: readonly KnownJob[]): void {
    for (const file of files) {
      const jobsBefore = jobs.filter(({ fileName }) => fileName === file.name).map(({ jobId }) => jobId);
      const facts = { id: this.#parts.newId(), fileName: file.name, path, jobsBefore };
      this.#files.set(facts.id, file);
      this.#change([{ ...facts, state: 'waiting' }, ...this.#uploads]);
      void this.#parts.keptFiles.keep(facts.id, file);
      this.#begin(facts.id);
    }
  }

  sendAgain(id: string): void {
    this.#set(id, { state: 'waiting' });
    this.#begin(id);
  }

  /** Stops an upload that is on its way, or takes one that has stopped off the list. */
  dismiss(id: string): void {
    this.#aborts.get(id)?.abort(new UploadCancelled());
    this.#files.delete(id);
    void this.#parts.keptFiles.forget(id);
    this.#change(this.#uploads.filter((upload) => upload.id !== id));
  }

  /** Takes the uploads off the list whose jobs these are. */
  dismissJob(jobId: string): void {
    this.#change(this.#uploads.filter((upload) => upload.state !== 'accepted' || upload.jobId !== jobId));
  }

  /** Finds what a reload interrupted. Nothing is sent again unasked: the server may have got it after all. */
  async restore(): Promise<void> {
    for (const facts of this.#parts.memory.read() ?? []) {
      const file = await this.#parts.keptFiles.find(facts.id);
      if (file !== undefined) this.#files.set(facts.id, file);
      const stopped: UploadState = {
        state: 'stopped',
        reason: 'The page was left while this file was being sent.',
        next: file === undefined ? 'choose-again' : 'send-again',
      };
      if (this.#uploads.some(({ id }) => id === facts.id)) continue;
      this.#listener.onStopped(facts.id);
      this.#change([...this.#uploads, { ...facts, ...stopped }]);
    }
  }

  /** An upload whose answer was lost may have arrived: then there is a job for it that was not there before. */
  adopt(jobs: readonly KnownJob[]): void {
    for (const [id, jobId] of jobsOfUploads(this.#uploads, jobs))
      if (this.#uploads.some((upload) => upload.id === id && upload.state === 'stopped')) this.#accepted(id, jobId);
  }

  /** Ends everything that is on its way and forgets the files, as when the user signs out. */
  async clear(): Promise<void> {
    for (const { id } of this.#uploads) this.dismiss(id);
    await this.#parts.keptFiles.forgetAll();
  }

  #begin(id: string): void {
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    this.#listener.onBegun(id);
    void this.#turns(() => this.#send(id, abort.signal));
  }

  async #send(id: string, signal: AbortSignal): Promise<void> {
    const file = this.#files.get(id);
    const upload = this.#uploads.find((one) => one.id === id);
    if (file === undefined || upload === undefined) {
      this.#listener.onStopped(id); // dismissed while it waited
      return;
    }
    try {
      const objection = this.#parts.objection(file);
      if (objection !== undefined) throw new RequestRefused(413, objection);
      this.#set(id, { state: 'sending', sent: 0 });
      const { jobId } = await this.#parts.send(file, { path: upload.path, signal, onProgress: (sent) => this.#set(id, { state: 'sending', sent }) });
      this.#accepted(id, jobId);
    } catch (error) {
      this.#listener.onStopped(id);
      if (error instanceof UploadCancelled) return;
      const next = whatNext(error);
      this.#set(id, { state: 'stopped', reason: sentenceFor(error), next });
      if (next === 'nothing') this.#forgetFile(id);
    } finally {
      this.#aborts.delete(id);
    }
  }

  #accepted(id: string, jobId: string): void {
    this.#listener.onAccepted(id, jobId);
    this.#set(id, { state: 'accepted', jobId });
    this.#forgetFile(id);
  }

  #forgetFile(id: string): void {
    this.#files.delete(id);
    void this.#parts.keptFiles.forget(id);
  }

  #set(id: string, state: UploadState): void {
    this.#change(this.#uploads.map((upload) => (upload.id === id ? { ...factsOf(upload), ...state } : upload)));
  }

  #change(uploads: readonly Upload[]): void {
    this.#uploads = uploads;
    const unsent = uploads.filter((upload) => upload.state !== 'accepted' && !(upload.state === 'stopped' && upload.next === 'nothing'));
    this.#parts.memory.write(unsent.map(factsOf));
    this.#subscribers.forEach((subscriber) => subscriber());
  }
}

const factsOf = ({ id, fileName, path, jobsBefore }: Upload): UploadFacts => ({ id, fileName, path, jobsBefore });

/** The user does not want a file to be sent after all. */
class UploadCancelled extends Error {
  override readonly name = 'UploadCancelled';
}

/** Where nobody answered, or said that it does not work just now, the same file may do later. */
function whatNext(error: unknown): WhatNext {
  const passes = !(error instanceof RequestRefused) || error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
  return passes ? 'send-again' : 'nothing';
}
