export { JobEventsProvider, type JobEventsProviderProps } from './job-events-provider.js';
export { JobProgress, type JobProgressProps } from './job-progress.js';
export { preloadJobs } from './preload-jobs.js';
export { getAnnouncement, getProgressProps, type ProgressProps } from './progress-props.js';
export { stageLabel, type StageLabels } from './stage-label.js';
export { useConnectionState } from './use-connection-state.js';
export { useJob, type JobState } from './use-job.js';
export { useJobEvents, type JobEvents } from './use-job-events.js';
export { useJobResult, type JobResult } from './use-job-result.js';
export { useJobSuspense } from './use-job-suspense.js';
export { useJobWebSocket, type JobWebSocket, type JobWebSocketOptions } from './use-job-web-socket.js';
export { useJobs, type JobFilter } from './use-jobs.js';

// By name, so that `declare module '@notes/job-events-react' { interface Register { … } }` reaches the one it means.
export { fetchJobs, isFinal, JobEventsError, JobStage, WebSocketService } from '@notes/job-events-client';
export type {
  AnyJobSnapshot,
  ClientError,
  ClientOptions,
  CompletedHandler,
  CompletedJob,
  ConnectionReason,
  ConnectionState,
  ConnectionStatus,
  EndContext,
  FetchJobsOptions,
  HandlerOptions,
  JobDefinition,
  JobError,
  JobHandlers,
  JobSnapshot,
  JobStatus,
  Register,
  RegisteredJobs,
  StageOf,
  Subscription,
} from '@notes/job-events-client';
