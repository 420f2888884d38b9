import { type AnyJobSnapshot, type ConnectionState, WebSocketService } from '@notes/job-events-client';
import type { pdfNotes } from '../../src/pdf-notes-job.js';
import type { TestUser } from './test-user.js';

/** A user's client, and everything it was told. */
export class Watcher implements Disposable {
  readonly client: WebSocketService<typeof pdfNotes>;
  readonly states: ConnectionState[] = [];
  readonly progress: AnyJobSnapshot[] = [];
  readonly completed: { readonly jobId: string; readonly noteId: string }[] = [];
  readonly failed: { readonly jobId: string; readonly code: string; readonly message: string }[] = [];
  readonly retrying: string[] = [];
  readonly cancelled: string[] = [];
  readonly refused: string[] = [];

  constructor(user: TestUser) {
    this.client = new WebSocketService<typeof pdfNotes>({ url: user.url, auth: () => user.token, onError: () => {} });
    this.client.on({
      onJobProgress: (job) => this.progress.push(job),
      onJobCompleted: ({ noteId }, { jobId }) => this.completed.push({ jobId, noteId }),
      onJobError: ({ code, message }, { jobId }) => this.failed.push({ jobId, code, message }),
      onJobRetrying: (_error, { jobId }) => this.retrying.push(jobId),
      onJobCancelled: ({ jobId }) => this.cancelled.push(jobId),
      onSubscriptionError: ({ code }) => this.refused.push(code),
      onStateChange: (state) => this.states.push(state),
    });
  }

  /** Watches every job of the user. */
  static async of(user: TestUser): Promise<Watcher> {
    const watcher = new Watcher(user);
    watcher.client.subscribe({ userId: user.id });
    await watcher.client.connect();
    return watcher;
  }

  [Symbol.dispose](): void {
    this.client.reset();
  }
}
