import type { AnyJobSnapshot, RegisteredJobs } from '@notes/job-events-protocol';
import type { Broadcaster } from '../src/broadcaster.js';
import type { JobEventsServerError } from '../src/server-errors.js';
import type { JobStore } from '../src/store/job-store.js';
import { MemoryJobStore } from '../src/store/memory-job-store.js';
import type { JobEventEmitterOptions } from '../src/emitter/emitter-options.js';
import { JobEventEmitterService } from '../src/emitter/job-event-emitter-service.js';

export interface Emission {
  readonly rooms: readonly string[];
  readonly event: string;
  readonly snapshot: AnyJobSnapshot;
}

/** Writes down what is broadcast. */
export class RecordingBroadcaster implements Broadcaster {
  readonly emissions: Emission[] = [];

  to(rooms: string[]) {
    return { emit: (event: string, snapshot: unknown) => this.emissions.push({ rooms, event, snapshot: snapshot as AnyJobSnapshot }) };
  }

  get states(): string[] {
    return this.emissions.map(({ snapshot: { status, stage, progress } }) => (status === 'active' ? `${stage} ${progress}` : status));
  }
}

/** How a store that is away behaves: it refuses, it is silent, or it does what it is asked and the answer is lost. */
export type Absence = 'refuses' | 'hangs' | 'loses-answers';

/** A store that can be away. */
export class FlakyStore {
  inner: MemoryJobStore;
  absence: Absence | undefined;
  /** How often each method was called. */
  readonly calls: Record<string, number> = {};
  readonly store = new Proxy({}, { get: (_, name: keyof JobStore & string) => (...args: never[]) => this.#call(name, args) }) as JobStore;

  constructor(inner = new MemoryJobStore()) {
    this.inner = inner;
  }

  forget(): void {
    this.inner = new MemoryJobStore();
  }

  async get(jobId: string): Promise<AnyJobSnapshot | undefined> {
    return (await this.inner.get([jobId]))[0]?.snapshot;
  }

  #call(name: keyof JobStore & string, args: never[]): Promise<unknown> {
    this.calls[name] = (this.calls[name] ?? 0) + 1;
    const answer = (): Promise<unknown> => (this.inner[name] as (...args: never[]) => Promise<unknown>).apply(this.inner, args);
    switch (this.absence) {
      case undefined:
        return answer();
      case 'refuses':
        return Promise.reject(new Error('connection refused'));
      case 'hangs':
        return new Promise(() => undefined);
      case 'loses-answers':
        return answer().then(() => Promise.reject(new Error('connection lost')));
    }
  }
}

/** An emitter with what it says, stores and complains of laid open. */
export function createFixture<J = RegisteredJobs>(options: Partial<JobEventEmitterOptions<J>> & { readonly flaky?: FlakyStore } = {}) {
  const { flaky = new FlakyStore(), ...rest } = options;
  const broadcaster = new RecordingBroadcaster();
  const errors: JobEventsServerError[] = [];
  const emitter = new JobEventEmitterService<J>({ broadcaster, store: flaky.store, onError: (error) => errors.push(error), ...rest });
  return { emitter, broadcaster, flaky, errors, codes: () => errors.map(({ code }) => code) };
}
