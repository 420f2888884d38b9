import type { WireError } from './error-codes.js';
import type { AnyJobSnapshot } from './job-snapshot.js';
import type { JobVersion } from './job-version.js';

/** The version of this protocol, in the handshake's `auth.protocol`. */
export const PROTOCOL_VERSION = 1;

/** All jobs of a user, or one job. */
export type Subscription = { readonly userId: string } | { readonly jobId: string };

export type SubscribeRequest = Subscription | { readonly subscriptions: readonly Subscription[] };

export interface SyncRequest {
  /** At most 200: what the client knows of its unfinished jobs. */
  readonly jobs: readonly { readonly jobId: string; readonly version: JobVersion }[];
  /** From the last answer about the socket's own user subscription. Opaque. */
  readonly cursor?: string;
}

export interface CancelRequest {
  readonly jobId: string;
}

export interface AuthenticateRequest {
  readonly token: string;
}

/** The handshake's `auth`. */
export interface HandshakeAuth {
  readonly token?: string;
  readonly protocol?: number;
}

export type Acknowledgement<T extends object = object> =
  | ({ readonly ok: true } & Readonly<T>)
  | { readonly ok: false; readonly error: WireError };

export interface SubscribeAnswer {
  readonly snapshots: readonly AnyJobSnapshot[];
  /** Where a following `sync` goes on. Opaque. */
  readonly cursor?: string | undefined;
  /** `true`: there are more snapshots than fitted; `sync` with the cursor brings them. */
  readonly more?: boolean | undefined;
  /** Those of the snapshots whose jobs belong neither to the asker nor to a user whose jobs the asker watches. */
  readonly foreign?: readonly string[] | undefined;
  readonly rejected?: readonly { readonly subscription: Subscription; readonly error: WireError }[];
}

export interface SyncAnswer {
  readonly snapshots: readonly AnyJobSnapshot[];
  readonly unknown: readonly string[];
  readonly cursor?: string | undefined;
  readonly more?: boolean | undefined;
  /** Those of the snapshots whose jobs belong neither to the asker nor to a user whose jobs the asker watches. */
  readonly foreign?: readonly string[] | undefined;
}

/** `GET {prefix}?ids=a,b,c`. */
export interface JobsByIdAnswer {
  readonly jobs: readonly AnyJobSnapshot[];
  readonly unknown: readonly string[];
  /** Those of `jobs` that belong not to the asker. */
  readonly foreign?: readonly string[] | undefined;
}

/** `GET {prefix}?cursor=`, with `&user=` of this user's jobs. */
export interface JobListAnswer {
  readonly jobs: readonly AnyJobSnapshot[];
  readonly cursor: string;
  readonly more: boolean;
}

/** RFC 9457, with the wire's `code` as an extension member. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: WireError['code'];
}
