import type {
  Acknowledgement,
  AuthenticateRequest,
  CancelRequest,
  SubscribeAnswer,
  SubscribeRequest,
  SyncAnswer,
  SyncRequest,
} from '@notes/job-events-protocol';
import type { ConnectionReason } from '../connection/connection-state.js';

/** What a client can ask (specification, section 2). */
export interface Requests {
  subscribe: { readonly payload: SubscribeRequest; readonly answer: SubscribeAnswer };
  unsubscribe: { readonly payload: SubscribeRequest; readonly answer: object };
  sync: { readonly payload: SyncRequest; readonly answer: SyncAnswer };
  cancel: { readonly payload: CancelRequest; readonly answer: object };
  authenticate: { readonly payload: AuthenticateRequest; readonly answer: object };
}

/** Sends one request. Rejects, or never settles, where no answer comes. */
export type Request = <Name extends keyof Requests>(
  name: Name,
  payload: Requests[Name]['payload'],
) => Promise<Acknowledgement<Requests[Name]['answer']>>;

export interface TransportListener {
  /** The server accepted the connection. */
  onOpen(): void;
  /** The connection could not be made, or is over. Nothing follows. */
  onClose(reason: ConnectionReason, message?: string): void;
  onEvent(name: string, payload: unknown): void;
}

/** One attempt to connect and what becomes of it. Never reconnects: that is the driver's part. */
export interface TransportConnection {
  readonly request: Request;
  /** How it goes over the wire, such as `websocket` or `polling`, for people. */
  readonly transport?: string | undefined;
  /** Ends it without telling the listener. */
  close(): void;
}

/** `renew` gives another token, for a transport that connects on behalf of this one later. */
export type OpenTransport = (
  token: string | undefined,
  listener: TransportListener,
  renew?: () => Promise<string | undefined>,
) => TransportConnection;
