import type { IncomingMessage } from 'node:http';
import { isJobId, isUserId, LIMITS, type JobListAnswer, type JobsByIdAnswer } from '@notes/job-events-protocol';
import { AnswerBudget } from '../access/answer-budget.js';
import { bearerToken, type Authenticator } from '../access/authenticator.js';
import { withinRequestTime } from '../access/request-timeout.js';
import { foreignAmong } from '../access/foreign-jobs.js';
import type { Identity } from '../access/identity.js';
import { isNotThere, type JobAccess } from '../access/job-access.js';
import { TIMES, type GatewayLimits } from '../access/limits.js';
import { decodeCursor, encodeCursor } from '../access/list-cursor.js';
import type { AllowedOrigins } from '../access/origins.js';
import type { RequestFaults } from '../access/request-faults.js';
import type { UserJobList } from '../access/user-job-list.js';
import { invalidPayload, WireFault } from '../access/wire-fault.js';
import type { Logger } from '../logger.js';
import type { Metrics, Outcome } from '../telemetry/metrics.js';
import type { Timing } from '../timing.js';
import { preflightResponse, refuseForgedRequest, withCrossOrigin } from './cross-origin.js';
import { problem } from './problem.js';
import { RequestLimiter } from './request-limiter.js';
import { acceptedResponse, snapshotResponse } from './snapshot-response.js';
import { ALLOWED_METHODS, routeOf, type KnownRoute, type StatusRoute } from './status-route.js';

interface StatusHandlerOptions<I extends Identity> {
  readonly statusPath: string;
  readonly access: JobAccess<I>;
  readonly lists: UserJobList;
  readonly authenticator: Authenticator<I>;
  readonly origins: AllowedOrigins;
  readonly limits: GatewayLimits;
  readonly faults: RequestFaults;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly timing: Timing;
}

/** The status of jobs over HTTP: for clients that cannot keep a socket, and for anyone with curl (specification, section 2). */
export class StatusHandler<I extends Identity> {
  readonly #options: StatusHandlerOptions<I>;
  readonly #limiter: RequestLimiter;
  #hasWarnedOfCookies = false;

  constructor(options: StatusHandlerOptions<I>) {
    this.#options = options;
    this.#limiter = new RequestLimiter(options.limits, options.timing);
  }

  /** Always resolves. `raw` is what `authenticate` gets as its `request`. */
  async respond(request: Request, raw: IncomingMessage | Request = request): Promise<Response> {
    const { statusPath, origins, timing, metrics } = this.#options;
    const startedAt = timing.monotonic();
    const url = new URL(request.url);
    const route = routeOf(statusPath, url.pathname);
    const { response, outcome } = await this.#outcome(route, url, request, raw);
    metrics.answered(route.kind, 'http', outcome, timing.monotonic() - startedAt);
    const whole = request.method === 'HEAD' ? new Response(null, response) : response;
    return withCrossOrigin(whole, request, origins);
  }

  async #outcome(
    route: StatusRoute,
    url: URL,
    request: Request,
    raw: IncomingMessage | Request,
  ): Promise<{ response: Response; outcome: Outcome }> {
    const { origins, timing, faults } = this.#options;
    try {
      if (route.kind === 'none') throw new WireFault('NOT_FOUND', 'There is nothing at this address.');
      if (request.method === 'OPTIONS' && origins.areChecked) return { response: preflightResponse(), outcome: 'OK' };
      const allowed = ALLOWED_METHODS[route.kind];
      if (!allowed.includes(request.method))
        return { response: methodNotAllowed(request.method, allowed), outcome: 'INVALID_PAYLOAD' };
      const identity = await this.#identify(request, raw);
      const answered = this.#answer(route, identity, url.searchParams, request);
      return { response: await withinRequestTime(answered, TIMES.answer, timing), outcome: 'OK' };
    } catch (error) {
      const fault = faults.faultOf(error);
      return { response: problem(fault.toWireError()), outcome: fault.code };
    }
  }

  async #identify(request: Request, raw: IncomingMessage | Request): Promise<I> {
    const { authenticator, origins } = this.#options;
    const token = bearerToken(request.headers);
    if (request.method === 'POST') refuseForgedRequest(request, token, origins);
    const identity = await authenticator.identify({ token, headers: request.headers, request: raw, via: 'http' });
    if (request.method === 'POST' && token === undefined && request.headers.has('cookie')) this.#warnOfCookies();
    const refusal = this.#limiter.budgetOf(identity.userId).refuseRequest();
    if (refusal !== undefined) throw refusal;
    return identity;
  }

  #warnOfCookies(): void {
    const { origins, logger } = this.#options;
    if (origins.areChecked || this.#hasWarnedOfCookies) return;
    this.#hasWarnedOfCookies = true;
    logger.warn(
      { option: 'origins' },
      'A POST to the status endpoint was let in by its cookies, and `origins` is not set: any page may send one with the cookies of whoever visits it. Give createJobEvents `origins`.',
    );
  }

  async #answer(route: KnownRoute, identity: I, query: URLSearchParams, request: Request): Promise<Response> {
    switch (route.kind) {
      case 'job':
        return this.#job(identity, route.jobId, request.headers.get('if-none-match'));
      case 'cancel':
        return this.#cancel(identity, route.jobId);
      case 'list': {
        const [ids, cursor, user] = [query.get('ids'), query.get('cursor'), query.get('user')];
        const isListed = ids === null || cursor !== null;
        const userId = user ?? identity.userId;
        if (isListed || user !== null) await this.#checkUser(identity, userId);
        const answer = new AnswerBudget();
        const named = ids === null ? undefined : await this.#byId(identity, userId, ids, answer, !isListed);
        const list = isListed ? await this.#list(identity, userId, cursor, answer) : undefined;
        return json({ jobs: answer.snapshots, ...named, ...list });
      }
    }
  }

  async #job(identity: I, jobId: string, ifNoneMatch: string | null): Promise<Response> {
    checkJobId(jobId);
    this.#limiter.budgetOf(identity.userId).takeReads(1);
    const record = await this.#options.access.find(identity, jobId);
    return snapshotResponse(record.snapshot, ifNoneMatch);
  }

  async #cancel(identity: I, jobId: string): Promise<Response> {
    checkJobId(jobId);
    this.#limiter.budgetOf(identity.userId).takeReads(1);
    const job = await this.#options.access.cancel(identity, jobId);
    return acceptedResponse(job, `${this.#options.statusPath}/${encodeURIComponent(jobId)}`);
  }

  /** `isAll`: nothing else is asked for, so that a request of which nothing can be decided has failed. */
  async #byId(identity: I, userId: string, ids: string, answer: AnswerBudget, isAll: boolean): Promise<Omit<JobsByIdAnswer, 'jobs'>> {
    const jobIds = [...new Set(ids.split(',').filter((id) => id !== ''))];
    if (jobIds.length > LIMITS.syncJobs) throw invalidPayload(`Ask for at most ${LIMITS.syncJobs} ids at once.`);
    jobIds.forEach(checkJobId);
    this.#limiter.budgetOf(identity.userId).takeReads(jobIds.length);
    const sights = await this.#options.access.look(identity, jobIds);
    const [undecided] = sights.filter((sight) => sight.kind === 'undecided');
    if (isAll && undecided !== undefined && sights.every(({ kind }) => kind === 'undecided')) throw undecided.fault;
    // What does not fit, or is not decided, is neither here nor unknown: the client asks for it again.
    const records = sights.flatMap((sight) => (sight.kind === 'seen' ? sight.record : []));
    for (const { snapshot } of records) answer.add(snapshot);
    return {
      unknown: jobIds.filter((_, index) => isNotThere(sights[index]!)),
      ...foreignAmong(answer.snapshots, records, [identity.userId, userId]),
    };
  }

  /** The answer is the same where there is no such user. */
  async #checkUser(identity: I, userId: string): Promise<void> {
    if (!isUserId(userId)) throw invalidPayload('A user id is 1 to 128 printable characters.');
    if (!(await this.#options.access.mayWatchUser(identity, userId))) throw new WireFault('FORBIDDEN', 'These jobs are not yours to watch.');
  }

  async #list(identity: I, userId: string, cursor: string | null, answer: AnswerBudget): Promise<Omit<JobListAnswer, 'jobs'>> {
    const isOwn = userId === identity.userId;
    const page = isOwn ? answer : new AnswerBudget();
    const budget = this.#limiter.budgetOf(identity.userId);
    const reading = await budget.readList((onRead) => this.#options.lists.read(userId, decodeCursor(cursor ?? undefined), page, undefined, onRead));
    const isWhole = isOwn || (await this.#addAllowed(identity, page, answer));
    return isWhole ? { cursor: encodeCursor(reading.cursor), more: reading.more } : { cursor: cursor ?? '', more: true };
  }

  /**
   * Adds the jobs of another user that may be watched by their ids. `false`: the jobs that were asked for by id left too little
   * room, and the page has to be read again.
   */
  async #addAllowed(identity: I, page: AnswerBudget, answer: AnswerBudget): Promise<boolean> {
    const isFirst = answer.snapshots.length === 0;
    const sights = await this.#options.access.look(identity, page.snapshots.map(({ jobId }) => jobId));
    for (const sight of sights) {
      if (sight.kind === 'undecided') throw sight.fault;
      if (sight.kind === 'seen' && !answer.add(sight.record.snapshot) && !isFirst) return false;
    }
    return true;
  }
}

function checkJobId(jobId: string): void {
  if (!isJobId(jobId)) throw invalidPayload('A job id is 1 to 128 of A–Z a–z 0–9 _ . : -');
}

const json = (body: object): Response => Response.json(body, { headers: { 'Cache-Control': 'no-store' } });

function methodNotAllowed(method: string, allowed: readonly string[]): Response {
  const message = `${method} is not possible here. Use ${allowed.join(' or ')}.`;
  return problem({ code: 'INVALID_PAYLOAD', message }, 405, { Allow: allowed.join(', ') });
}
