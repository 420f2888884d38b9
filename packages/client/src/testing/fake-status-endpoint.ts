import { formatVersion, isFinal, type AnyJobSnapshot, type WireError } from '@notes/job-events-protocol';
import { NOT_FOUND, type FakeBackend } from './fake-backend.js';

export interface StatusRequest {
  readonly method: string;
  /** What follows the status URL: `/job-1`, `?ids=a,b`, `?cursor=`, `?ids=a,b&cursor=`, `/job-1/cancel`. */
  readonly path: string;
  readonly ifNoneMatch?: string | null | undefined;
}

export interface StatusReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The status endpoint of the specification, section 2, over a fake backend. */
export function answerStatus(
  { method, path, ifNoneMatch }: StatusRequest,
  backend: FakeBackend,
  userId: string,
  onCancel: (jobId: string) => void,
): StatusReply {
  const [, jobId = '', action] = /^\/([^/?]+)(\/cancel)?$/.exec(path) ?? [];
  if (jobId) {
    const job = backend.find(decodeURIComponent(jobId), userId);
    if (!job) return problem(404, NOT_FOUND);
    if (action) {
      if (method !== 'POST') return problem(405, { code: 'INVALID_PAYLOAD', message: 'Use POST.' });
      onCancel(job.jobId);
      return json(202, backend.find(job.jobId, userId));
    }
    return single(job, ifNoneMatch);
  }
  const query = new URLSearchParams(path.replace(/^\/?\?/, ''));
  const [ids, cursor, user] = [query.get('ids'), query.get('cursor'), query.get('user')];
  if (user !== null && user !== userId) return problem(403, { code: 'FORBIDDEN', message: 'Another user.' });
  const { snapshots = [], ...rest } = ids !== null && cursor === null ? {} : backend.list(userId, cursor || undefined);
  if (ids === null) return json(200, { jobs: snapshots, ...rest });
  const found = ids.split(',').map((id) => ({ id, job: backend.find(id, userId) }));
  const jobs = found.flatMap(({ job }) => job ?? []);
  return json(200, {
    jobs: [...jobs, ...snapshots],
    foreign: backend.foreignAmong(jobs, userId),
    unknown: found.filter(({ job }) => !job).map(({ id }) => id),
    ...rest,
  });
}

function single(job: AnyJobSnapshot, ifNoneMatch: string | null | undefined): StatusReply {
  const etag = `"${formatVersion(job.version)}"`;
  const headers = { etag, ...(!isFinal(job.status) && { 'retry-after': '2' }) };
  return ifNoneMatch === etag ? { status: 304, headers, body: undefined } : { status: 200, headers, body: job };
}

const json = (status: number, body: unknown): StatusReply => ({ status, headers: {}, body });

export const problem = (status: number, { code, message }: WireError): StatusReply => ({
  status,
  headers: { 'content-type': 'application/problem+json' },
  body: { type: 'about:blank', title: code, status, detail: message, code },
});
