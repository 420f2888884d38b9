import type { AnyJobSnapshot } from '@notes/job-events-protocol';
import type { NotDecided, StateWrite, WriteResult } from '../store/job-store.js';
import type { Timing } from '../timing.js';
import type { StoreClient } from './store-client.js';

/** States of many jobs are gathered for so long, in ms, and written in one round trip. */
const GATHER_MS = 50;
const PAUSE_WHEN_AWAY_MS = 1_000;
const MAX_BATCH = 500;
/** Jobs whose progress waits for a store that is away. */
const MAX_WAITING = 10_000;

/** `failed`: some of it was not decided. `away`: the store was not reached. */
type Outcome = 'written' | 'failed' | 'away';

/** Who speaks of a job. It outlives what it says, so that nothing has to be made for each event. */
export interface ProgressSource {
  /** The newest state that is not stored. */
  readonly unwritten: StateWrite;
  /** Whether the writer has it on its list. For the writer alone to change. */
  isListed: boolean;
  /** Told what the store made of a state, unless a newer one took its place before. */
  wrote(snapshot: AnyJobSnapshot, result: WriteResult): void;
}

/**
 * Writes progress behind the broadcast: of each job only the newest state, of many jobs in one call, never two calls at
 * once. While the store is away the newest states wait; of more than 10,000 jobs the oldest are dropped, since whoever
 * still works on them says more.
 */
export class ProgressWriter {
  readonly #storeClient: StoreClient;
  readonly #timing: Timing;
  readonly #waiting = new Map<string, ProgressSource>();
  #timer: unknown;
  #writing: Promise<Outcome> | undefined;
  #isClosed = false;

  constructor(storeClient: StoreClient, timing: Timing) {
    this.#storeClient = storeClient;
    this.#timing = timing;
  }

  /** There is a newer state of a job, which `source` gives when it is written. */
  put(jobId: string, source: ProgressSource): void {
    if (this.#isClosed || source.isListed) return;
    this.#unlist(jobId);
    this.#waiting.set(jobId, source);
    source.isListed = true;
    if (this.#waiting.size > MAX_WAITING) this.#dropOldest();
    this.#writeAfter(GATHER_MS);
  }

  /** An end is on its way, which says all that the progress before it said. */
  forget(jobId: string): void {
    this.#unlist(jobId);
  }

  /** Writes what waits; resolves when all of it is stored or the store has failed once. */
  async flush(): Promise<void> {
    await this.#writing;
    while (this.#waiting.size > 0 && (await this.#write()) === 'written');
  }

  /** Takes nothing more: with the store away it would be tried for ever. */
  close(): void {
    this.#isClosed = true;
    this.#timing.clearTimeout(this.#timer);
    for (const jobId of this.#waiting.keys()) this.#unlist(jobId);
  }

  #writeAfter(ms: number): void {
    this.#timer ??= this.#timing.setTimeout(() => void this.#write(), ms);
  }

  async #write(): Promise<Outcome> {
    this.#timing.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing ??= this.#writeBatch();
    const outcome = await this.#writing;
    this.#writing = undefined;
    if (this.#waiting.size > 0) this.#writeAfter(outcome === 'away' ? PAUSE_WHEN_AWAY_MS : GATHER_MS);
    return outcome;
  }

  async #writeBatch(): Promise<Outcome> {
    const sources = [...this.#waiting.values()].slice(0, MAX_BATCH);
    const writes = sources.map(({ unwritten }) => unwritten);
    let results: readonly (WriteResult | NotDecided)[];
    try {
      results = await this.#storeClient.call('progress', (store) => store.write(writes));
    } catch {
      return 'away'; // Reported by the store client; what waits is written when the store is back.
    }
    this.#storeClient.reportFailures(writes.map(({ snapshot }) => snapshot.jobId), results);
    for (const [index, source] of sources.entries()) this.#settle(source, writes[index]!, results[index]!);
    return results.some(({ outcome }) => outcome === 'failed') ? 'failed' : 'written';
  }

  #settle(source: ProgressSource, { snapshot }: StateWrite, result: WriteResult | NotDecided): void {
    const isListed = this.#waiting.get(snapshot.jobId) === source;
    if (result.outcome === 'failed') {
      // It is written again, after those that have waited for longer.
      if (isListed) {
        this.#waiting.delete(snapshot.jobId);
        this.#waiting.set(snapshot.jobId, source);
      }
      return;
    }
    if (isListed && source.unwritten.snapshot === snapshot) this.#unlist(snapshot.jobId);
    source.wrote(snapshot, result);
  }

  #dropOldest(): void {
    const [oldest] = this.#waiting.keys();
    this.#unlist(oldest!);
  }

  #unlist(jobId: string): void {
    const source = this.#waiting.get(jobId);
    if (source === undefined) return;
    source.isListed = false;
    this.#waiting.delete(jobId);
  }
}
