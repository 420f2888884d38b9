import type { Authorize } from './access/authorizer.js';
import type { Authenticate, Identity } from './access/identity.js';
import type { OnCancel } from './access/job-access.js';
import type { GatewayLimits } from './access/limits.js';
import type { DescribeError, SupervisionOptions, ThrottleOptions } from './emitter/index.js';
import type { Logger, OnError } from './logger.js';
import { JobEventsServerError } from './server-errors.js';
import type { JobStore } from './store/job-store.js';
import type { Meter } from './telemetry/metrics.js';
import type { Tracer } from './telemetry/trace-run.js';
import type { Timing } from './timing.js';

/** The options of {@link createJobEvents}. */
export interface JobEventsOptions<J, I extends Identity> {
  /** Says who is asking, for sockets and HTTP alike. Required. */
  readonly authenticate: Authenticate<I>;
  /** One `defineJob` contract or a list of them. They type and check what the emitter is given. */
  readonly jobs?: J | undefined;
  /** Who may watch and cancel what. By default: one's own jobs, by id or all of them. See {@link Authorize}. */
  readonly authorize?: Authorize<I> | undefined;
  /**
   * How often the server itself asks `authorize` again about what it allowed to sockets that watch what is not their
   * own, in milliseconds. 30,000 by default; each socket at its own time. `Infinity`: only at the client's `sync`.
   */
  readonly reauthorizeEveryMs?: number | undefined;
  /** Asked before somebody's wish to cancel is passed on. Only `true` allows it. Not asked by `jobEvents.cancel`. */
  readonly onCancel?: OnCancel<I> | undefined;
  /**
   * The origins of the pages that may connect, such as `https://app.example.com`. Needed where cookies say who is there:
   * CORS does not guard WebSockets. Also answers CORS for the status endpoint. Name the server's own origin too, where it
   * serves pages. By default any page may connect.
   */
  readonly origins?: readonly string[] | undefined;
  /** Where states are kept. By default in memory, which is right for one process and forgets with it. Not closed by `close`. */
  readonly store?: JobStore | undefined;
  /** Whether this process looks after runs, of any process, that send no heartbeat any more; see the emitter's option. */
  readonly supervision?: SupervisionOptions | false | undefined;
  /** Where `handler` and `nodeHandler` answer. `/api/jobs` by default. */
  readonly statusPath?: string | undefined;
  /** The Socket.IO namespace. `/jobs` by default. */
  readonly namespace?: string | undefined;
  /** How long finished jobs stay in lists, in milliseconds. 10 minutes by default. */
  readonly retentionMs?: number | undefined;
  /** What one client may ask for; see {@link GatewayLimits}. */
  readonly limits?: Partial<GatewayLimits> | undefined;
  /** How often progress of a job goes out at most. */
  readonly throttle?: ThrottleOptions | undefined;
  /**
   * Decides what people see of an error that a job threw and that is not a `JobError`. By default the code `JOB_FAILED` and
   * a neutral sentence; with `NODE_ENV=development`, and only then, the error's name and message.
   */
  readonly describeError?: DescribeError | undefined;
  /** `pino` fits, and `console`. By default warnings and errors go to the console. */
  readonly logger?: Logger | undefined;
  /** Faults that cannot be thrown: a store that is away, a broadcast that failed. By default they are logged as errors. */
  readonly onError?: OnError | undefined;
  /** Counts what goes in and out: `metrics.getMeter('job-events')` of `@opentelemetry/api`. */
  readonly meter?: Meter | undefined;
  /** Makes a span of each run: `trace.getTracer('job-events')` of `@opentelemetry/api`. */
  readonly tracer?: Tracer | undefined;
  readonly timing?: Timing | undefined;
}

/**
 * Checks what a program without types gets wrong at its first call.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS`
 */
export function checkArguments(io: unknown, options: { readonly [name in keyof JobEventsOptions<never, Identity>]?: unknown } = {}): void {
  const { of, broadcaster } = (io ?? {}) as { readonly of?: unknown; readonly broadcaster?: unknown };
  if (typeof of !== 'function' && broadcaster === undefined)
    throw new JobEventsServerError(
      'INVALID_OPTIONS',
      'createJobEvents needs a Socket.IO Server, such as new Server(httpServer), or { broadcaster } where there is none.',
    );
  for (const name of ['authorize', 'onCancel', 'describeError', 'onError'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw new JobEventsServerError('INVALID_OPTIONS', `${name} must be a function, or left out.`);
  const { namespace, retentionMs } = options;
  if (namespace !== undefined && !String(namespace).startsWith('/'))
    throw new JobEventsServerError('INVALID_OPTIONS', `namespace must begin with a slash, such as /jobs, not '${String(namespace)}'.`);
  if (retentionMs !== undefined && !(typeof retentionMs === 'number' && retentionMs >= 0))
    throw new JobEventsServerError('INVALID_OPTIONS', `retentionMs must be a number of milliseconds, not ${String(retentionMs)}.`);
}

/** @throws JobEventsServerError `INVALID_OPTIONS` */
export function readStatusPath(path: string): string {
  if (typeof path !== 'string' || !path.startsWith('/') || path.length < 2)
    throw new JobEventsServerError('INVALID_OPTIONS', `statusPath must be a path such as /api/jobs, not '${String(path)}'.`);
  return path.replace(/\/+$/, '');
}
