export * from './create-job-events.js';
export type { JobEventsOptions } from './job-events-options.js';
export { dangerouslyAllowEverybodyAs, UnauthenticatedError } from './access/identity.js';
export type { Authenticate, AuthenticationRequest, Identity } from './access/identity.js';
export type { AccessAction, AccessRequest, Authorize, OwnedJob } from './access/authorizer.js';
export type { GatewayLimits } from './access/limits.js';
export { JobsWebSocketGateway } from './gateway/jobs-websocket-gateway.js';
export { socketServerOptions } from './gateway/socket-server-options.js';
export type { SocketServerOptions } from './gateway/socket-server-options.js';
export type { NodeHandler } from './http/node-handler.js';
export type { AcceptedJob } from './http/accepted.js';
export * from './emitter/index.js';
export { MemoryJobStore } from './store/memory-job-store.js';
export type { MemoryJobStoreOptions } from './store/memory-job-store.js';
export { TieredJobStore } from './store/tiered-job-store.js';
export type { TieredJobStoreOptions } from './store/tiered-job-store.js';
export { SharedJobStore } from './store/shared-job-store.js';
export type { KeptState, SharedStates, StateChange } from './store/shared-states.js';
export type { JobFence, JobState } from './store/job-state.js';
export type * from './store/job-store.js';
export type * from './store/job-record.js';
export type { Broadcaster, BroadcastTarget } from './broadcaster.js';
export type { Logger, OnError } from './logger.js';
export { JobCancelledError, JobEventsServerError, SERVER_ERRORS, StaleRunError } from './server-errors.js';
export type { ConnectionName, ServerErrorCode } from './server-errors.js';
export type { Meter } from './telemetry/metrics.js';
export type { Tracer } from './telemetry/trace-run.js';
export { realTiming } from './timing.js';
export type { Timing } from './timing.js';

// What an application needs of the protocol, so that this package is the only one to install.
export { defineJob, JobEventsError, JobStage, LIMITS } from '@notes/job-events-protocol';
export type {
  AnyJobSnapshot,
  JobDefinition,
  JobError as ShownError,
  JobMetadata,
  JobSnapshot,
  JobStatus,
  JobVersion,
  Register,
  StandardSchema,
  Subscription,
} from '@notes/job-events-protocol';
