import type { OnError } from '../logger.js';
import type { EndWriter } from './end-writer.js';
import type { ErrorDescriber } from './error-describer.js';
import type { Heartbeats } from './heartbeats.js';
import type { ProgressPath } from './progress-channel.js';
import type { StoreClient } from './store-client.js';

/** What all reporters share with the emitter they belong to. */
export interface ReporterDependencies {
  readonly storeClient: StoreClient;
  readonly path: ProgressPath;
  readonly ends: EndWriter;
  readonly onError: OnError;
}

/** What reporters outside a run share beside that. */
export interface DirectDependencies extends ReporterDependencies {
  /** Progress was dropped, because a run holds the job. */
  readonly onHeld: (jobId: string) => void;
}

/** What runs share beside that. */
export interface RunDependencies extends ReporterDependencies {
  readonly heartbeats: Heartbeats;
  /** Takes up the ends that are on their way, for whoever wants to wait for them. */
  readonly ending: Set<Promise<void>>;
  /** A name for a claim that nobody else uses. */
  readonly newClaimId: () => string;
  readonly describer: ErrorDescriber;
}
