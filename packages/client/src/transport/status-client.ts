import { isJobSnapshot, isWireErrorCode, JobEventsError, type Acknowledgement, type AnyJobSnapshot } from '@notes/job-events-protocol';
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
  /** What became of these. */
  readonly jobs?: readonly { readonly jobId: string }[];
  /** All jobs of the caller's, those that changed since `cursor`. */
  readonly list?: boolean;
  /** As `list`, of this user: who is not, and may not watch this user, is refused. */
  readonly user?: string | undefined;
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

/** What a server has, of what was asked for. */
type Body = Pick<SyncAnswer, 'unknown' | 'foreign' | 'cursor' | 'more'> & { readonly jobs: readonly AnyJobSnapshot[] };

/** An answer of the server's own; what something in between has answered never becomes one. */
type Reply = { readonly retryAfterMs: number; readonly isForeign?: boolean } & (
  | { readonly body: Body; readonly error?: undefined }
  | { readonly error: WireError }
);

/** What is asked for; it decides what counts as an answer. */
interface Asked {
  readonly ids?: string | undefined;
  readonly cursor?: string | undefined;
  readonly user?: string | undefined;
  /** To be cancelled. */
  readonly jobId?: string;
}

/** A request that reaches no server rejects with `NO_ANSWER`; `cause` is what `fetch` threw. */
export function createStatusClient(options: StatusClientOptions): StatusClient {
  const { token, withCredentials, headers, timing } = options;
  const [address = '', ownQuery] = options.statusUrl.split('?');

  const call = (asked: Asked): Promise<Reply> =>
    (timing ? within(timing, ANSWER_MS, (signal) => send(asked, signal)) : send(asked, options.signal)).catch((cause: unknown) => {
      throw new JobEventsError('NO_ANSWER', `${address} was not reached: ${cause}. Check statusUrl, CORS and the network.`, { cause });
    });

  async function send(asked: Asked, signal: AbortSignal | undefined): Promise<Reply> {
    const { ids, cursor, user, jobId } = asked;
    // Ids need no escaping.
    const query = [ownQuery, ids && `ids=${ids}`, cursor !== undefined && `cursor=${encodeURIComponent(cursor)}`, user && `user=${encodeURIComponent(user)}`].filter(Boolean).join('&');
    const url = address + (jobId ? `/${jobId}/cancel` : '') + (query && `?${query}`);
    const bearer = await token();
    const response = await (options.fetch ?? fetch)(url, {
      method: jobId ? 'POST' : 'GET',
      credentials: withCredentials ? 'include' : 'same-origin',
      cache: 'no-store',
      signal: signal ?? null,
      headers: { ...headers, ...(bearer && { authorization: `Bearer ${bearer}` }) },
    });
    const header = (name: string) => response.headers.get(name) ?? '';
    const type = header('content-type');
    const retryAfter = header('retry-after');
    // In seconds, or as a date: by the server's own clock where it tells it.
    const retryAfterMs = 1_000 * Number(retryAfter) || Date.parse(retryAfter) - (Date.parse(header('date')) || (timing?.now() ?? Date.now())) || 0;
    // A proxy, a sign-in page or another application may answer anything, even in good cheer.
    const json = await response.json().catch(() => {});
    if (type.startsWith('application/problem+json') && isWireErrorCode(json?.code))
      return { retryAfterMs, error: { code: json.code, message: String(json.detail) } };
    const body = response.status < 300 && readAnswer(asked, json);
    if (body) return { body, retryAfterMs };
    const message = `${url} was answered with HTTP ${response.status} ${type}${response.redirected ? ` of ${response.url}` : ''}, not by the job server. Check statusUrl and the proxies.`;
    return { retryAfterMs, isForeign: true, error: { code: 'INTERNAL', message } };
  }

  return {
    /**
     * Asks for the list and as many ids as fit into a request line in one request, and then for the other ids: those that
     * did not fit, and those that the answer, which holds 128 KiB at most, left out. Stops where that does not go forward.
     */
    async sync({ jobs = [], user, list = !!user, cursor = '' }) {
      const snapshots: AnyJobSnapshot[] = [];
      const unknown: string[] = [];
      const foreign: string[] = [];
      let position: Pick<Body, 'cursor' | 'more'> = {};
      let retryAfterMs = 0;
      let from = list ? cursor : undefined;
      let before = Infinity;
      for (let ids = jobs.map(({ jobId }) => jobId); from !== undefined || (ids[0] && ids.length < before); ) {
        let query = '';
        for (const id of ids.slice(0, MOST_JOBS)) if (query.length + id.length < LONGEST_QUERY) query += `,${id}`;
        const reply = await call({ ids: query.slice(1), cursor: from, user });
        retryAfterMs = Math.max(retryAfterMs, reply.retryAfterMs);
        if (reply.error) return { ok: false, ...reply, retryAfterMs };
        const { body } = reply;
        if (from !== undefined) position = { cursor: body.cursor, more: body.more };
        from = undefined;
        snapshots.push(...body.jobs);
        unknown.push(...body.unknown);
        foreign.push(...(body.foreign ?? []));
        const answered = new Set([...body.unknown, ...body.jobs.map(({ jobId }) => jobId)]);
        before = ids.length;
        ids = ids.filter((id) => !answered.has(id));
      }
      return { ok: true, snapshots, unknown, foreign, retryAfterMs, ...position };
    },
    async cancel(jobId) {
      const { error } = await call({ jobId });
      return error ? { ok: false, error } : { ok: true };
    },
  };
}

/** The answer in a body, or `undefined` where it answers something else than was asked. */
function readAnswer({ ids, cursor, jobId }: Asked, json: any): Body | undefined {
  if (jobId) return isJobSnapshot(json) ? { jobs: [], unknown: [] } : undefined;
  const body = { ...(!ids && { unknown: [] }), ...json };
  return Array.isArray(body.jobs) && Array.isArray(body.unknown) && (cursor === undefined || typeof body.cursor === 'string') ? body : undefined;
}
