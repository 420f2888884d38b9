export { isFinal, isJobId, isJobSnapshot, isUserId, JobEventsError, JobStage } from '@notes/job-events-protocol';
export type {
  AnyJobSnapshot,
  CompletedJob,
  DefinitionIn,
  JobDefinition,
  JobError,
  JobId,
  JobSnapshot,
  JobStatus,
  JobVersion,
  Register,
  RegisteredJobs,
  ResultOf,
  StageOf,
  Subscription,
  TypeOf,
  UserId,
} from '@notes/job-events-protocol';
export { JobCancelledError, JobFailedError } from './client-errors.js';
export type { ClientError, ClientErrorCode, ClientErrorCodes } from './client-errors.js';
export type { ClientOptions } from './client-options.js';
export { FINAL_REASONS } from './connection/connection-state.js';
export type { ConnectionReason, ConnectionState, ConnectionStatus } from './connection/connection-state.js';
export type { WatchWakeSignals } from './connection/wake-signals.js';
export { fetchJobs } from './fetch-jobs.js';
export type { FetchJobsOptions } from './fetch-jobs.js';
export type { FollowedSubscription, Inspection, Receive } from './inspection.js';
export type { CompletedHandler, EndContext, HandlerOptions, JobHandlers, JobIn } from './job-handlers.js';
export type { JobStore } from './job-store.js';
export type { FollowOptions } from './jobs/states-of.js';
export { fixedOptionsThatChange, LIVE_OPTIONS } from './option-changes.js';
export type { OpenTransport, Request, Requests, TransportConnection, TransportListener } from './transport/transport.js';
export { WebSocketService } from './websocket-service.js';
