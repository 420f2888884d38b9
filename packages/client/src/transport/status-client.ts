import { formatVersion, type Acknowledgement, type AnyJobSnapshot, type JobVersion } from '@notes/job-events-protocol';
import type { SyncAnswer, WireError } from '@notes/job-events-protocol';
import { ANSWER_MS, LONGEST_QUERY, MOST_JOBS } from '../limits.js';
import { within, type Timing } from '../timing.js';

export interface StatusClientOptions {
  readonly statusUrl: string;
  readonly token: () => Promise<string | undefined>;
  readonly fetch?: typeof fetch | undefined;
  readonly withCredentials?: boolean | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** With it a request, the token for it included, is given up after 5 s; without it only `signal` ends one. */
  readonly timing?: Timing | undefined;
}

export interface StatusQuery {
  /** What became of these; of those without a version nothing is known yet. */
  readonly jobs?: readonly { readonly jobId: string; readonly version?: JobVersion }[];
  /** All jobs of the caller's, those that changed since `cursor`. */
  readonly list?: boolean;
  readonly cursor?: string | undefined;
}

export type StatusAnswer = Acknowledgement<SyncAnswer> & {
  /** How long the server asks to be left alone, in ms. */
  readonly retryAfterMs?: number;
  /** It is not the server's own: something in between answered with a page for people. */
  readonly isForeign?: boolean;
};

/** The status of jobs over HTTP (specification, section 2). */
export interface StatusClient {
  sync(query: StatusQuery): Promise<StatusAnswer>;
  cancel(jobId: string): Promise<Acknowledgement>;
}

interface Reply {
  readonly status: number;
  readonly body: Partial<AnyJobSnapshot> & { readonly cursor?: string; readonly more?: boolean };
  readonly jobs: readonly AnyJobSnapshot[];
  readonly unknown: readonly string[];
  readonly error?: WireError | undefined;
  readonly retryAfterMs: number;
  readonly isForeign: boolean;
}

/** A request that reaches no server rejects with what `fetch` threw. */
export function createStatusClient(options: StatusClientOptions): StatusClient {
  const { statusUrl, token, withCredentials, headers, timing } = options;

  const call = (path: string, more?: RequestInit): Promise<Reply> =>
    timing ? within(timing, ANSWER_MS, (signal) => send(path, signal, more)) : send(path, options.signal, more);

  async function send(path: string, signal: AbortSignal | undefined, more?: RequestInit): Promise<Reply> {
    const bearer = await token();
    const request = options.fetch ?? fetch;
    const response = await request(statusUrl + path, {
      credentials: withCredentials ? 'include' : 'same-origin',
      signal: signal ?? null,
      ...more,
      headers: { ...headers, ...(bearer && { authorization: `Bearer ${bearer}` }), ...more?.headers },
    });
    const { status } = response;
    const retryAfter = response.headers.get('retry-after') ?? '';
    // 304 has no body, and what stands between may answer with no JSON at all, even in good cheer.
    const body = await response.json().catch(() => {});
    const isForeign = !body && status !== 304;
    const { code = 'INTERNAL', detail = `HTTP ${status}`, jobs = [], unknown = [] } = body ?? {};
    return {
      status,
      body: body ?? {},
      jobs,
      unknown,
      isForeign,
      error: status < 400 && !isForeign ? undefined : { code, message: detail },
      // In seconds, or as a date: by the server's own clock where it tells it.
      retryAfterMs: 1_000 * Number(retryAfter) || Date.parse(retryAfter) - (Date.parse(response.headers.get('date') ?? '') || (timing?.now() ?? Date.now())) || 0,
    };
  }

  async function callForOne({ jobId, version }: { readonly jobId: string; readonly version?: JobVersion }): Promise<Reply> {
    const reply = await call(`/${jobId}`, version && { headers: { 'if-none-match': `"${formatVersion(version)}"` } });
    if (reply.status === 404) return { ...reply, error: undefined, unknown: [jobId] };
    return reply.status === 200 ? { ...reply, jobs: [reply.body as AnyJobSnapshot] } : reply;
  }

  /**
   * Asks for as many as fit into a request line, and then for the others: those that did not fit, and those that the
   * answer, which holds 128 KiB at most, left out. Stops where that does not go forward. Ids need no escaping.
   */
  async function callForMany(ids: readonly string[]): Promise<Reply[]> {
    let query = '';
    for (const id of ids.slice(0, MOST_JOBS)) if (query.length + id.length < LONGEST_QUERY) query += `,${id}`;
    if (!query) return [];
    const reply = await call(`?ids=${query.slice(1)}`);
    const answered = [...reply.unknown, ...reply.jobs.map(({ jobId }) => jobId)];
    const others = ids.filter((id) => !answered.includes(id));
    return [reply, ...(others.length < ids.length ? await callForMany(others) : [])];
  }

  return {
    async sync({ jobs = [], list, cursor = '' }) {
      const [first, second] = jobs;
      const replies = first && !second ? [await callForOne(first)] : await callForMany(jobs.map(({ jobId }) => jobId));
      if (list) replies.push(await call(`?cursor=${encodeURIComponent(cursor)}`));
      const failed = replies.find((reply) => reply.error);
      const retryAfterMs = Math.max(0, ...replies.map((reply) => reply.retryAfterMs));
      if (failed?.error) return { ok: false, error: failed.error, retryAfterMs, isForeign: failed.isForeign };
      return {
        // Only a list has them.
        cursor: replies.at(-1)?.body.cursor,
        more: replies.at(-1)?.body.more,
        ok: true,
        snapshots: replies.flatMap((reply) => reply.jobs),
        unknown: replies.flatMap((reply) => reply.unknown),
        retryAfterMs,
      };
    },
    async cancel(jobId) {
      const { error } = await call(`/${jobId}/cancel`, { method: 'POST' });
      return error ? { ok: false, error } : { ok: true };
    },
  };
}
