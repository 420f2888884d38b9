export { JobEventEmitterService } from './job-event-emitter-service.js';
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
export type { JobRun } from './job-run.js';
