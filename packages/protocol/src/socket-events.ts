import type { AnyJobSnapshot, JobStatus } from './job-snapshot.js';
import type {
  Acknowledgement,
  AuthenticateRequest,
  CancelRequest,
  SubscribeAnswer,
  SubscribeRequest,
  SyncAnswer,
  SyncRequest,
} from './wire-messages.js';

export type JobEventName = 'job:progress' | 'job:completed' | 'job:error';

/** Socket.IO's typed events, server to client (specification, section 2). */
export interface ServerToClientEvents {
  'job:progress': (job: AnyJobSnapshot) => void;
  'job:completed': (job: AnyJobSnapshot) => void;
  'job:error': (job: AnyJobSnapshot) => void;
  'auth:expiring': (notice: { readonly expiresAt: string }) => void;
}

/** Socket.IO's typed events, client to server (specification, section 2). */
export interface ClientToServerEvents {
  subscribe: (request: SubscribeRequest, done: (answer: Acknowledgement<SubscribeAnswer>) => void) => void;
  unsubscribe: (request: SubscribeRequest, done: (answer: Acknowledgement) => void) => void;
  sync: (request: SyncRequest, done: (answer: Acknowledgement<SyncAnswer>) => void) => void;
  cancel: (request: CancelRequest, done: (answer: Acknowledgement) => void) => void;
  authenticate: (request: AuthenticateRequest, done: (answer: Acknowledgement) => void) => void;
}

/** The event that carries a snapshot of this status. */
export function eventNameOf(status: JobStatus): JobEventName {
  if (status === 'completed') return 'job:completed';
  return status === 'queued' || status === 'active' ? 'job:progress' : 'job:error';
}
