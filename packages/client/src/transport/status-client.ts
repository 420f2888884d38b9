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

/** An answer of the server's own; what something in between has answered never becomes one. */
interface Reply {
  readonly jobs: readonly AnyJobSnapshot[];
  readonly unknown: readonly string[];
  readonly foreign?: readonly string[] | undefined;
  readonly cursor?: string | undefined;
  readonly more?: boolean | undefined;
  readonly error?: WireError | undefined;
  readonly retryAfterMs: number;
  readonly isForeign?: boolean;
}

/** What is asked for; it decides what counts as an answer. */
interface Asked {
  readonly ids?: string | undefined;
  readonly cursor?: string | undefined;
  /** To be cancelled. */
  readonly jobId?: string;
}

/** A request that reaches no server rejects with `NO_ANSWER`; `cause` is what `fetch` threw. */
export function createStatusClient(options: StatusClientOptions): StatusClient {
  const { token, withCredentials, headers, timing } = options;
  const [address = '', ownQuery] = options.statusUrl.split('?');

  const call = (asked: Asked): Promise<Reply> => {
    const { ids, cursor, jobId } = asked;
    // Ids need no escaping.
    const queries = [ownQuery, ids && `ids=${ids}`, cursor !== undefined && `cursor=${encodeURIComponent(cursor)}`].filter(Boolean).join('&');
    const url = address + (jobId ? `/${jobId}/cancel` : '') + (queries && `?${queries}`);
    const answered = timing ? within(timing, ANSWER_MS, (signal) => send(asked, url, signal)) : send(asked, url, options.signal);
    return answered.catch((cause: unknown) => {
      throw new JobEventsError('NO_ANSWER', `${address} was not reached: ${cause}. Check statusUrl, CORS and the network.`, { cause });
    });
  };

  async function send(asked: Asked, url: string, signal: AbortSignal | undefined): Promise<Reply> {
    const bearer = await token();
    const response = await (options.fetch ?? fetch)(url, {
      method: asked.jobId ? 'POST' : 'GET',
      credentials: withCredentials ? 'include' : 'same-origin',
      cache: 'no-store',
      signal: signal ?? null,
      headers: { ...headers, ...(bearer && { authorization: `Bearer ${bearer}` }) },
    });
    const { status } = response;
    const type = response.headers.get('content-type') ?? 'no content';
    const retryAfter = response.headers.get('retry-after') ?? '';
    const reply = {
      jobs: [],
      unknown: [],
      // In seconds, or as a date: by the server's own clock where it tells it.
      retryAfterMs: 1_000 * Number(retryAfter) || Date.parse(retryAfter) - (Date.parse(response.headers.get('date') ?? '') || (timing?.now() ?? Date.now())) || 0,
    };
    // A proxy, a sign-in page or another application may answer anything, even in good cheer.
    const body = await response.json().catch(() => {});
    if (type.startsWith('application/problem+json') && isWireErrorCode(body?.code))
      return { ...reply, error: { code: body.code, message: String(body.detail) } };
    const answer = status < 300 && readAnswer(asked, body);
    if (answer) return { ...reply, ...answer };
    const what = `${url} was not answered by the job server, but with HTTP ${status}, ${type}${response.redirected ? ` of ${response.url}` : ''}. Check statusUrl and the proxies.`;
    return { ...reply, isForeign: true, error: { code: 'INTERNAL', message: what } };
  }

  return {
    /**
     * Asks for the list and as many ids as fit into a request line in one request, and then for the other ids: those that
     * did not fit, and those that the answer, which holds 128 KiB at most, left out. Stops where that does not go forward.
     */
    async sync({ jobs = [], list, cursor = '' }) {
      const answer = { ok: true as const, snapshots: [] as AnyJobSnapshot[], unknown: [] as string[], foreign: [] as string[], retryAfterMs: 0 };
      let position: Pick<Reply, 'cursor' | 'more'> = {};
      let from = list ? cursor : undefined;
      for (let ids = jobs.map(({ jobId }) => jobId), others = ids; from !== undefined || ids[0]; ids = others) {
        let query = '';
        for (const id of ids.slice(0, MOST_JOBS)) if (query.length + id.length < LONGEST_QUERY) query += `,${id}`;
        const reply = await call({ ids: query.slice(1), cursor: from });
        const { error, isForeign = false } = reply;
        answer.retryAfterMs = Math.max(answer.retryAfterMs, reply.retryAfterMs);
        if (error) return { ok: false, error, retryAfterMs: answer.retryAfterMs, isForeign };
        if (from !== undefined) position = { cursor: reply.cursor, more: reply.more };
        from = undefined;
        answer.snapshots.push(...reply.jobs);
        answer.unknown.push(...reply.unknown);
        answer.foreign.push(...(reply.foreign ?? []));
        const answered = new Set([...reply.unknown, ...reply.jobs.map(({ jobId }) => jobId)]);
        others = ids.filter((id) => !answered.has(id));
        if (others.length === ids.length) break;
      }
      return { ...answer, ...position };
    },
    async cancel(jobId) {
      const { error } = await call({ jobId });
      return error ? { ok: false, error } : { ok: true };
    },
  };
}

/** The answer in a body, or `undefined` where it answers something else than was asked. */
function readAnswer({ ids, cursor: from, jobId }: Asked, body: any): Pick<Reply, 'jobs' | 'unknown' | 'foreign' | 'cursor' | 'more'> | undefined {
  if (jobId) return isJobSnapshot(body) ? { jobs: [], unknown: [] } : undefined;
  const { jobs, unknown = ids ? undefined : [], foreign, cursor, more } = body ?? {};
  const isAnswer = Array.isArray(jobs) && Array.isArray(unknown) && (from === undefined || typeof cursor === 'string');
  return isAnswer ? { jobs, unknown, foreign, cursor, more } : undefined;
}
