import { isJobId } from '@notes/job-events-protocol';

/**
 * How far somebody has read a user's jobs: first the listing by creation, backward, page by page; then, forward in the
 * store's time, what changed since that began.
 */
export interface ListCursor {
  /** The store's clock, in ms: what changed before is known. */
  readonly since: number;
  /** Only amid a long reading of changes: of those at exactly `since`, the ones up to this job are known too. */
  readonly afterJobId?: string | undefined;
  /** Only while the listing has further pages: they lie below this job. */
  readonly below?: { readonly createdAt: string; readonly jobId: string } | undefined;
}

const FORMAT = 1;
const MAX_LENGTH = 600;

/** Opaque to clients. */
export function encodeCursor({ since, afterJobId, below }: ListCursor): string {
  const fields = [FORMAT, since, afterJobId ?? 0, below?.createdAt ?? 0, below?.jobId ?? 0];
  return Buffer.from(JSON.stringify(fields)).toString('base64url');
}

/**
 * `undefined` for what cannot be read, be it empty, made up, or from a server of another version: the reading then
 * begins anew, which loses nothing. Clients can write cursors themselves, so each part is checked before a store sees
 * it. A cursor grants nothing: it never names whose jobs are read.
 */
export function decodeCursor(text: string | undefined): ListCursor | undefined {
  if (!text || text.length > MAX_LENGTH) return undefined;
  try {
    const fields: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (!Array.isArray(fields) || fields.length !== 5 || fields[0] !== FORMAT) return undefined;
    const [, since, afterJobId, createdAt, jobId] = fields as unknown[];
    if (!isTime(since) || !(afterJobId === 0 || isJobId(afterJobId))) return undefined;
    if (createdAt === 0 && jobId === 0) return { since, ...(afterJobId !== 0 && { afterJobId }) };
    if (!isTimeText(createdAt) || !isJobId(jobId)) return undefined;
    return { since, ...(afterJobId !== 0 && { afterJobId }), below: { createdAt, jobId } };
  } catch {
    return undefined;
  }
}

/** The last moment that a `Date` can name. */
const LAST_TIME = 8.64e15;

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= LAST_TIME;

/** Any form of a time, since a store of one's own may have another than ours; but text that every database takes. */
const isTimeText = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x20-\x7E]{1,40}$/.test(value) && !Number.isNaN(Date.parse(value));
