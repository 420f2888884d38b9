import { formatVersion, type Acknowledgement, type AnyJobSnapshot, type SyncRequest } from '@notes/job-events-protocol';
import type { SyncAnswer, WireError } from '@notes/job-events-protocol';

const LONGEST_QUERY = 4_000;
const MOST_IDS = 200;

export interface StatusClientOptions {
  readonly statusUrl: string;
  readonly token: () => Promise<string | undefined>;
  readonly fetch?: typeof fetch | undefined;
  readonly withCredentials?: boolean | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type StatusAnswer = Acknowledgement<SyncAnswer> & {
  /** How long the server asks to be left alone, in ms. */
  readonly retryAfterMs?: number;
};

/** The status of jobs over HTTP (specification, section 2). */
export interface StatusClient {
  /** What became of these jobs, and, where `list` is `true`, of all of the caller's since `cursor`. */
  sync(request: Partial<SyncRequest> & { readonly ids?: readonly string[]; readonly list?: boolean }): Promise<StatusAnswer>;
  cancel(jobId: string): Promise<Acknowledgement>;
}

interface Reply {
  readonly body: { jobs?: AnyJobSnapshot[]; unknown?: string[]; cursor?: string; more?: boolean } & Partial<AnyJobSnapshot>;
  readonly error?: WireError;
  readonly status: number;
  readonly retryAfterMs: number;
}

/** A request that reaches no server rejects with what `fetch` threw. */
export function createStatusClient(options: StatusClientOptions): StatusClient {
  const { statusUrl, token, withCredentials, headers, signal } = options;

  async function call(path: string, more?: RequestInit): Promise<Reply> {
    const bearer = await token();
    const request = options.fetch ?? fetch;
    const response = await request(statusUrl + path, {
      credentials: withCredentials ? 'include' : 'same-origin',
      signal: signal ?? null,
      ...more,
      headers: { ...headers, ...(bearer && { authorization: `Bearer ${bearer}` }), ...more?.headers },
    });
    const { status } = response;
    // 304 has no body, and what stands between may answer with no JSON at all.
    const body = await response.json().catch(() => ({}));
    return {
      body,
      status,
      retryAfterMs: 1_000 * (Number(response.headers.get('retry-after')) || 0),
      ...(status >= 400 && { error: { code: body.code ?? 'INTERNAL', message: body.detail ?? `HTTP ${status}` } }),
    };
  }

  /** An answer holds 128 KiB at most. What is neither in it nor unknown is asked for again, while that goes forward. */
  async function callForAll(ids: string): Promise<Reply[]> {
    const reply = await call(`?ids=${ids}`);
    const given = new Set([...(reply.body.jobs ?? []).map(({ jobId }) => jobId), ...(reply.body.unknown ?? [])]);
    const missing = ids.split(',').filter((id) => !given.has(id));
    return reply.error || given.size === 0 || missing.length === 0
      ? [reply]
      : [reply, ...(await callForAll(missing.join(',')))];
  }

  return {
    async sync({ jobs = [], ids = [], list = false, cursor }) {
      const wanted = [...jobs.map(({ jobId }) => jobId), ...ids];
      const [only] = wanted;
      const replies: Reply[] = [];
      if (list) replies.push(await call(`?cursor=${encodeURIComponent(cursor ?? '')}`));
      if (wanted.length === 1 && only) {
        const reply = await call(`/${only}`, jobs[0] && { headers: { 'if-none-match': `"${formatVersion(jobs[0].version)}"` } });
        const missing = reply.status === 404;
        replies.push({
          retryAfterMs: reply.retryAfterMs,
          status: reply.status,
          ...(reply.error && !missing && { error: reply.error }),
          body: missing ? { unknown: [only] } : { jobs: reply.status === 200 ? [reply.body as AnyJobSnapshot] : [] },
        });
      } else for (const part of splitIds(wanted)) replies.push(...(await callForAll(part)));
      const retryAfterMs = Math.max(0, ...replies.map((reply) => reply.retryAfterMs));
      const error = replies.find((reply) => reply.error)?.error;
      if (error) return { ok: false, error, retryAfterMs };
      const listed = list ? replies[0]?.body : undefined;
      return {
        ok: true,
        snapshots: replies.flatMap(({ body }) => body.jobs ?? []),
        unknown: replies.flatMap(({ body }) => body.unknown ?? []),
        ...(listed?.cursor && { cursor: listed.cursor, more: listed.more ?? false }),
        retryAfterMs,
      };
    },
    async cancel(jobId) {
      const { error } = await call(`/${jobId}/cancel`, { method: 'POST' });
      return error ? { ok: false, error } : { ok: true };
    },
  };
}

/** Joins ids with commas, in parts that no server refuses as too long. Ids have no characters that need escaping. */
export function splitIds(ids: readonly string[]): string[] {
  const parts: string[][] = [];
  let length = Infinity;
  for (const id of ids) {
    length += id.length + 1;
    if (length > LONGEST_QUERY || (parts.at(-1)?.length ?? 0) >= MOST_IDS) {
      parts.push([]);
      length = id.length + 1;
    }
    parts.at(-1)?.push(id);
  }
  return parts.map((part) => part.join(','));
}
