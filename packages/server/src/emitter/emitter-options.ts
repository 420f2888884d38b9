import type { Broadcaster } from '../broadcaster.js';
import type { Logger, OnError } from '../logger.js';
import type { JobStore } from '../store/job-store.js';
import type { Meter } from '../telemetry/metrics.js';
import type { Tracer } from '../telemetry/trace-run.js';
import type { DescribeError } from './error-describer.js';
import type { Timing } from '../timing.js';
import type { SupervisionOptions } from './run-supervisor.js';

/**
 * How often progress of one job goes out. The first event and every new stage go out at once, and so does an end; the
 * last value before a silence always goes out.
 */
export interface ThrottleOptions {
  /** The least time between two events, in ms. 0 sends everything, unless a step is set. Default: 100. */
  readonly intervalMs?: number | undefined;
  /** The least difference between two events, in percentage points, such as 10. Default: 1. */
  readonly stepPercent?: number | undefined;
}

export interface JobEventEmitterOptions<J> {
  /** Takes events to the sockets: `io.of('/jobs')`, or what `connectPostgres` and `connectRedis` return. */
  readonly broadcaster: Broadcaster;
  /** Where states are kept. Not closed by `close`. */
  readonly store: JobStore;
  /** One `defineJob` contract or a list of them: checks and types what goes through. */
  readonly jobs?: J | undefined;
  readonly throttle?: ThrottleOptions | undefined;
  /**
   * Decides what people see of an error that a job threw and that is not a `JobError`. By default the code `JOB_FAILED` and
   * a neutral sentence; with `NODE_ENV=development`, and only then, the error's name and message.
   */
  readonly describeError?: DescribeError | undefined;
  /**
   * Whether this process looks after runs that send no heartbeat any more, of whichever process. One process at a time
   * does so for all. Default: with every store but `MemoryJobStore`, whose runs end with the process.
   */
  readonly supervision?: SupervisionOptions | false | undefined;
  /** The namespace that clients connect to; a broadcaster that is seen to be on another one is refused. Default: `/jobs`. */
  readonly namespace?: string | undefined;
  /** `pino` fits, and `console`. By default warnings and errors go to the console. */
  readonly logger?: Logger | undefined;
  /** Faults that cannot be thrown: a store that is away, a broadcast that failed. By default they are logged as errors. */
  readonly onError?: OnError | undefined;
  /** Counts reports, broadcasts and faults: `metrics.getMeter('job-events')` of `@opentelemetry/api`. */
  readonly meter?: Meter | undefined;
  /** Makes a span of each run: `trace.getTracer('job-events')` of `@opentelemetry/api`. */
  readonly tracer?: Tracer | undefined;
  readonly timing?: Timing | undefined;
}
