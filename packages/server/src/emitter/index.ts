export { JobEventEmitterService } from './job-event-emitter-service.js';
export { CLOSE_TIMEOUT_MS } from './emitter-shutdown.js';
export type { JobEventEmitterOptions, ThrottleOptions } from './emitter-options.js';
export type {
  CancelledEvent,
  CompletedEvent,
  FailedEvent,
  ProgressEvent,
  QueuedEvent,
  DefinitionOfRun,
  RunEnd,
  RunnableType,
  RunOptions,
} from './emit-payloads.js';
export type { CloseOptions, CloseResult } from './close-result.js';
export { EndNotStoredError, type UnstoredEnd } from './end-not-stored-error.js';
export type { RestoredEnds } from './restore-ends.js';
export type { SupervisionOptions } from './run-supervisor.js';
export type { UnfinishedRun } from './runs-in-progress.js';
export type { JobRun } from './job-run.js';
export { JobError } from './job-error.js';
export type { DescribeError, ErrorContext } from './error-describer.js';
