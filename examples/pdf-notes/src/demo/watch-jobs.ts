import { type JobSnapshot, WebSocketService } from '@notes/job-events-client';
import type { pdfNotes } from '../pdf-notes-job.js';
import type { ApiClient } from './api-client.js';
import { DemoError } from './demo-error.js';

export type NotesJob = JobSnapshot<typeof pdfNotes>;

const FINAL: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled'] satisfies NotesJob['status'][]);

/** Hears of the user's jobs like any browser: through `@notes/job-events-client`, over the wire. */
export class JobWatch {
  #client: WebSocketService<typeof pdfNotes> | undefined;
  /** What was heard of each job: a fast worker's first states arrive before the upload's answer names the job. */
  readonly #heard = new Map<string, NotesJob[]>();
  #changed: () => void = () => {};

  /** Begins to hear of every job of the user. */
  async connect(api: ApiClient): Promise<void> {
    const client = new WebSocketService<typeof pdfNotes>({ url: api.url, auth: () => api.token });
    this.#client = client;
    client.on({
      onJobProgress: this.#hear,
      onJobCompleted: (_result, job) => this.#hear(job),
      onJobError: (_error, job) => this.#hear(job),
      onJobRetrying: (_error, job) => this.#hear(job),
      onJobCancelled: this.#hear,
    });
    client.subscribe({ userId: api.userId });
    await client.connect();
  }

  /**
   * Hands over each state of the job, from the first one, and resolves to the id of the note.
   *
   * @throws DemoError when the job ends without a note.
   */
  async follow(jobId: string, show: (job: NotesJob) => void): Promise<string> {
    for (let shown = 0; ; ) {
      const heard = this.#heard.get(jobId) ?? [];
      for (const job of heard.slice(shown)) {
        show(job);
        shown += 1;
        if (FINAL.has(job.status)) return noteIdOf(job);
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  close(): void {
    this.#client?.reset();
  }

  readonly #hear = (job: NotesJob): void => {
    this.#heard.set(job.jobId, [...(this.#heard.get(job.jobId) ?? []), job]);
    this.#changed();
  };
}

function noteIdOf(job: NotesJob): string {
  switch (job.status) {
    case 'completed':
      return job.result.noteId;
    case 'failed':
      throw new DemoError(`${job.metadata?.fileName ?? 'The PDF'}: ${job.error.message}`);
    default:
      throw new DemoError('The job was cancelled.');
  }
}
