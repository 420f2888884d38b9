import type { JobSnapshot, RegisteredJobs, ResultInputOf } from '@notes/job-events-protocol';
import type {
  CancelledEvent,
  CompletedEvent,
  DefinitionOfRun,
  FailedEvent,
  ProgressEvent,
  QueuedEvent,
  RunnableType,
  RunOptions,
} from './emit-payloads.js';
import type { JobEventEmitterOptions } from './emitter-options.js';
import type { JobRun } from './job-run.js';

/** Reports on jobs: broadcasts what happens and keeps it in a store. */
export class JobEventEmitterService<J = RegisteredJobs> {
  constructor(_options: JobEventEmitterOptions<J>) {}

  async emitQueued(_event: QueuedEvent<J>): Promise<JobSnapshot<J>> {
    throw new Error('being written');
  }
  async emitProgress(_event: ProgressEvent<J>): Promise<JobSnapshot<J>> {
    throw new Error('being written');
  }
  async emitCompleted(_event: CompletedEvent<J>): Promise<JobSnapshot<J>> {
    throw new Error('being written');
  }
  async emitFailed(_event: FailedEvent<J>): Promise<JobSnapshot<J>> {
    throw new Error('being written');
  }
  async emitCancelled(_event: CancelledEvent<J>): Promise<JobSnapshot<J>> {
    throw new Error('being written');
  }
  async run<T extends RunnableType<J>, R extends ResultInputOf<DefinitionOfRun<J, T>>>(
    _job: RunOptions<J, T>,
    _work: (job: JobRun<DefinitionOfRun<J, T>>) => Promise<R>,
  ): Promise<R> {
    throw new Error('being written');
  }
  async flush(): Promise<void> {}
  async close(): Promise<void> {}
}
