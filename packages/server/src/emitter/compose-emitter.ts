import { randomUUID } from 'node:crypto';
import { consoleLogger, faultReporter } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import { createMetrics } from '../telemetry/metrics.js';
import { realTiming } from '../timing.js';
import { Announcer, checkNamespace } from './announcer.js';
import { Contracts } from './check-contract.js';
import { readThrottle } from './coalescing-window.js';
import { DirectReporter } from './direct-reporter.js';
import type { JobEventEmitterOptions } from './emitter-options.js';
import { EndWriter } from './end-writer.js';
import { ErrorDescriber } from './error-describer.js';
import { Heartbeats } from './heartbeats.js';
import { ProgressWriter } from './progress-writer.js';
import type { RunDependencies } from './reporter-dependencies.js';
import { superviseRuns, type RunSupervisor } from './run-supervisor.js';
import { RunsInProgress } from './runs-in-progress.js';
import { StoreClient } from './store-client.js';

/** What an emitter consists of. */
export interface EmitterParts {
  readonly contracts: Contracts;
  readonly deps: RunDependencies;
  readonly direct: DirectReporter;
  readonly runs: RunsInProgress;
  readonly supervisor: RunSupervisor | undefined;
}

/** @throws JobEventsServerError `INVALID_OPTIONS` */
export function composeEmitter<J>(options: JobEventEmitterOptions<J>): EmitterParts {
  const { broadcaster, store, timing = realTiming, logger = consoleLogger, namespace = '/jobs' } = options ?? {};
  checkNamespace(broadcaster, namespace);
  if (typeof store?.write !== 'function') throw new JobEventsServerError('INVALID_OPTIONS', 'store must be a JobStore, such as new MemoryJobStore().');
  const metrics = createMetrics(options.meter);
  const onError = faultReporter({ onError: options.onError, logger, metrics });
  const contracts = new Contracts(options.jobs);
  const storeClient = new StoreClient({ store, timing, onError });
  const announcer = new Announcer(broadcaster, onError, metrics);
  const deps: RunDependencies = {
    storeClient,
    path: { announcer, writer: new ProgressWriter(storeClient, timing), throttle: readThrottle(options.throttle), timing, metrics },
    ends: new EndWriter({ storeClient, announcer }),
    heartbeats: new Heartbeats(storeClient, timing),
    ending: new Set(),
    newClaimId: randomUUID,
    describer: new ErrorDescriber({ describeError: options.describeError, isDevelopment: process.env['NODE_ENV'] === 'development', onError }),
    onError,
  };
  const supervisor = superviseRuns(options, { storeClient, announcer, timing });
  return { contracts, deps, direct: new DirectReporter(deps), runs: new RunsInProgress(), supervisor };
}
