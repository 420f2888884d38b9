import type { AnyJobSnapshot } from '@notes/job-events-protocol';

import { JobEventEmitterService } from '../../src/emitter/index.js';
import type { JobEventsServerError } from '../../src/server-errors.js';
import { MemoryJobStore } from '../../src/store/memory-job-store.js';

/** An emitter on a store in memory, what it has broadcast, and what it has complained of. */
export interface RecordedEmitter extends AsyncDisposable {
  readonly emitter: JobEventEmitterService;
  readonly store: MemoryJobStore;
  readonly broadcasts: AnyJobSnapshot[];
  readonly errors: JobEventsServerError[];
  standing(jobId: string): Promise<AnyJobSnapshot | undefined>;
  /** Each change of status and attempt that was broadcast of a job, such as `active 1`. */
  course(jobId: string): string[];
}

export function recordedEmitter(store = new MemoryJobStore(), hear: (snapshot: AnyJobSnapshot) => void = () => {}): RecordedEmitter {
  const broadcasts: AnyJobSnapshot[] = [];
  const errors: JobEventsServerError[] = [];
  const emitter = new JobEventEmitterService({
    store,
    broadcaster: {
      to: () => ({
        emit: (_event, snapshot) => {
          broadcasts.push(snapshot as AnyJobSnapshot);
          hear(snapshot as AnyJobSnapshot);
        },
      }),
    },
    throttle: { intervalMs: 0 },
    onError: (error) => void errors.push(error),
  });
  return {
    emitter,
    store,
    broadcasts,
    errors,
    standing: async (jobId) => (await store.get([jobId]))[0]?.snapshot,
    course: (jobId) => {
      const steps = broadcasts.filter((snapshot) => snapshot.jobId === jobId).map(({ status, version }) => `${status} ${version[0]}`);
      return steps.filter((step, index) => step !== steps[index - 1]);
    },
    [Symbol.asyncDispose]: async () => void (await emitter.close()),
  };
}
