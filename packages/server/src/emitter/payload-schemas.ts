import { isJobId, isUserId, LIMITS, type JobError, type JobMetadata } from '@notes/job-events-protocol';
import * as z from 'zod';
import { JobEventsServerError } from '../server-errors.js';
import type { QueueJob } from '../store/job-record.js';
import { copyAsJson } from './json-copy.js';

const text = (field: string, length: number) => {
  const error = `${field} must be a string of at most ${length} characters`;
  return z.string(error).max(length, error);
};

const name = (field: string, length: number) => {
  const error = `${field} must be a string of 1 to ${length} characters`;
  return z.string(error).min(1, error).max(length, error);
};

const time = (field: string) => z.iso.datetime({ offset: true, error: `${field} must be an ISO 8601 time, such as 2026-11-23T12:00:00Z` }).optional();

const flag = (field: string) => z.boolean(`${field} must be true or false`).optional();

const JOB_ID = 'jobId must be 1 to 128 of A-Z a-z 0-9 _ . : -, the first a letter, digit or _';
const USER_ID = 'userId must be 1 to 128 printable characters';
const METADATA = 'metadata must be an object, or null to clear it';
const ATTEMPT = 'attempt must be a whole number from 1';
const PROGRESS = 'progress must be a number from 0 to 100';
const UNFIT_RESULT = "unfitResult must be 'reject' or 'leave-out'";

const QUEUE_JOB = 'queueJob must be { queue, id, createdAt }: two strings of 1 to 512 characters and a time in ms';
const queueText = z.string(QUEUE_JOB).min(1, QUEUE_JOB).max(512, QUEUE_JOB);

const about = {
  jobId: z.string(JOB_ID).refine(isJobId, JOB_ID),
  userId: z.string(USER_ID).refine(isUserId, USER_ID),
  type: name('type', 128).optional(),
  message: text('message', LIMITS.messageLength).optional(),
  metadata: z.record(z.string(), z.unknown(), METADATA).nullable().optional(),
  queueJob: z.object({ queue: queueText, id: queueText, createdAt: z.number(QUEUE_JOB).min(0, QUEUE_JOB), isStep: z.boolean(QUEUE_JOB).optional(), stalledCounter: z.number(QUEUE_JOB).optional() }, QUEUE_JOB).optional(),
};

const said = {
  ...about,
  attempt: z.int(ATTEMPT).min(1, ATTEMPT).optional(),
  timestamp: time('timestamp'),
};

const FAILURE = 'error must be { code, message, retryable }';
const error = z.object(
  {
    code: name('error.code', LIMITS.errorCodeLength),
    message: text('error.message', LIMITS.messageLength),
    retryable: z.boolean('error.retryable must be true or false'),
  },
  FAILURE,
);

// Compiled: this stands on the path of every event, and the ordinary parse is several times as slow.
const SCHEMAS = {
  emitQueued: z.compile(z.object({ ...about, attempt: said.attempt, rerun: flag('rerun'), requeue: flag('requeue'), delayedUntil: time('delayedUntil') })),
  emitProgress: z.compile(
    z.object({
      ...said,
      stage: name('stage', LIMITS.stageLength),
      progress: z.number(PROGRESS).min(0, PROGRESS).max(100, PROGRESS),
      rerun: flag('rerun'),
    }),
  ),
  emitCompleted: z.compile(z.object({ ...said, result: z.unknown(), unfitResult: z.enum(['reject', 'leave-out'], UNFIT_RESULT).optional() })),
  emitFailed: z.compile(z.object({ ...said, error: error.optional(), thrown: z.unknown().optional(), willRetry: flag('willRetry'), delayedUntil: time('delayedUntil') })),
  emitCancelled: z.compile(z.object(said)),
  run: z.compile(z.object({ ...about, attempt: said.attempt, rerun: flag('rerun') })),
};

type Schemas = typeof SCHEMAS;

/** A payload that has the form its call asks for. */
export type Payload<Call extends keyof Schemas> = z.output<Schemas[Call]>;

/** What every payload says of a job. */
export interface AboutJob {
  readonly jobId: string;
  readonly userId: string;
  readonly type?: string | undefined;
  readonly message?: string | undefined;
  readonly metadata?: JobMetadata | null | undefined;
  readonly queueJob?: QueueJob | undefined;
}

export interface QueuedReport extends AboutJob {
  readonly attempt?: number | undefined;
  readonly rerun?: boolean | undefined;
  readonly requeue?: boolean | undefined;
  readonly delayedUntil?: string | undefined;
}

export interface ProgressReport extends AboutJob {
  readonly stage: string;
  readonly progress: number;
  readonly attempt?: number | undefined;
  readonly timestamp?: string | undefined;
  readonly rerun?: boolean | undefined;
}

export interface EndReport extends AboutJob {
  readonly attempt?: number | undefined;
  readonly timestamp?: string | undefined;
  /** Asked for once it is known that an attempt ends. */
  readonly end: () => ComposedEnd;
}

export interface ComposedEnd {
  readonly state: End;
  /** Tells `onError` what people are not shown of it. Called once the end is stored, or given up; not where it is refused. */
  readonly report?: ((attempt: number) => void) | undefined;
}

export type End =
  | { readonly status: 'completed'; readonly result: unknown }
  | { readonly status: 'failed'; readonly error: JobError }
  | { readonly status: 'retrying'; readonly error: JobError; readonly delayedUntil?: string | undefined }
  | { readonly status: 'cancelled' };

/**
 * Reads what a caller said. Unknown fields are left out.
 *
 * @throws JobEventsServerError `INVALID_PAYLOAD`, naming the call, the fields and their limits.
 */
export function readPayload<Call extends keyof Schemas>(call: Call, payload: unknown): Payload<Call> {
  const parsed = parse(call, payload);
  if (parsed.success) {
    const { metadata } = parsed.data;
    return (metadata ? { ...parsed.data, metadata: copyMetadata(metadata) } : parsed.data) as Payload<Call>;
  }
  const problems = [...new Set(parsed.error.issues.map(({ message }) => message))].join('; ');
  const jobId: unknown = (payload as { jobId?: unknown } | undefined)?.jobId;
  throw new JobEventsServerError('INVALID_PAYLOAD', `${call}: ${problems}.`, { jobId: isJobId(jobId) ? jobId : undefined });
}

function parse<Call extends keyof Schemas>(call: Call, payload: unknown): ReturnType<Schemas[Call]['safeParse']> {
  try {
    return SCHEMAS[call].safeParse(payload) as ReturnType<Schemas[Call]['safeParse']>;
  } catch (cause) {
    // A getter that throws, a Proxy.
    throw new JobEventsServerError('INVALID_PAYLOAD', `${call}: a field cannot be read.`, { cause });
  }
}

/** @throws JobEventsServerError `INVALID_PAYLOAD` for a failure of which nothing is said. */
export function checkFailure({ jobId, error, thrown }: Payload<'emitFailed'>): void {
  if (error === undefined && thrown === undefined)
    throw new JobEventsServerError('INVALID_PAYLOAD', `emitFailed: ${FAILURE}, or thrown must be what the job threw.`, { jobId });
}

/** @throws JobEventsServerError `INVALID_PAYLOAD` */
export function copyMetadata(metadata: unknown): JobMetadata {
  const copy = copyAsJson(metadata, 'metadata', LIMITS.metadataBytes);
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) throw new JobEventsServerError('INVALID_PAYLOAD', `${METADATA}.`);
  return copy as JobMetadata;
}

/** @throws JobEventsServerError `INVALID_PAYLOAD` */
export const copyResult = (result: unknown): unknown => copyAsJson(result, 'result', LIMITS.resultBytes);
