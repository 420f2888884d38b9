import { RANK, type AnyJobSnapshot, type JobVersion } from '@notes/job-events-protocol';
import { decideInsert } from '../../src/store/decide-intent.js';
import { decideBegin } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import { endState, nextVersion, progressState } from '../../src/emitter/compose-state.js';
import type { ModelClient } from './model-client.js';
import { JOB, stamp } from './model-job.js';
import type { ModelStore } from './model-store.js';
import type { World } from './world.js';

interface Neighborhood {
  /** Kept with each state, also where a store has forgotten everything else. */
  readonly type: string;
  readonly userId: string;
  readonly prefix: string;
  readonly store: ModelStore;
  readonly client: ModelClient;
}

/** Somebody who has a job with the same id: another user, or another application. It accepts, runs and ends it. */
export class ModelNeighbor {
  #said: AnyJobSnapshot | undefined;
  #claims = 0;
  readonly client: ModelClient;
  readonly #world: World;
  readonly #own: Neighborhood;

  constructor(world: World, own: Neighborhood) {
    this.#world = world;
    this.#own = own;
    this.client = own.client;
  }

  act(amount: number): void {
    const acts = [() => this.#announce(), () => this.#begin(), () => this.#report(amount), () => this.#end(), () => this.#sync()];
    acts[amount % acts.length]!();
  }

  settle(): void {
    this.#sync();
    this.client.arriveAll();
  }

  #announce(): void {
    const { now } = this.#world;
    const record = this.#own.store.change((state) => decideInsert(state, { ...this.#job, createdAt: stamp(now) }, now), now);
    if (record !== undefined) this.#publish(record.snapshot);
  }

  #begin(): void {
    const { now } = this.#world;
    const claim = { ...this.#job, createdAt: stamp(now), attempt: 1, rerun: false, stage: 'BEGIN', claimId: `${this.#own.type} ${this.#claims++}`, askedMsAgo: 0 };
    const start = this.#own.store.change((state) => decideBegin(state, claim, now), now);
    this.#said = start.outcome === 'begun' ? start.record.snapshot : undefined;
    if (this.#said !== undefined) this.#publish(this.#said);
  }

  #report(progress: number): void {
    this.#write((version) => progressState(this.#context, { stage: 'NEIGHBOR', progress }, version));
  }

  #end(): void {
    this.#write((version) => endState(this.#context, { status: 'completed', result: 1 }, {}, version));
    this.#said = undefined;
  }

  #write(compose: (version: JobVersion) => AnyJobSnapshot): void {
    if (this.#said === undefined) return;
    const { now } = this.#world;
    const snapshot = compose(nextVersion(this.#said.version));
    const result = this.#own.store.change((state) => decideWrite(state, { userId: this.#own.userId, snapshot, by: 'run' }, now), now);
    const isReporting = result.outcome === 'stored' && snapshot.version[1] === RANK.going;
    this.#said = isReporting ? result.record.snapshot : undefined;
    if (result.outcome === 'stored') this.#publish(result.record.snapshot);
  }

  #sync(): void {
    const stored = this.#own.store.read(this.#own.userId, this.#world.passed);
    if (stored !== undefined) this.client.send(stored);
  }

  #publish(snapshot: AnyJobSnapshot): void {
    this.#world.bus.publish(this.#own.prefix, this.#own.userId, snapshot);
  }

  get #job() {
    return { jobId: JOB.jobId, userId: this.#own.userId, type: this.#own.type };
  }

  get #context() {
    return { ...this.#job, current: this.#said, timestamp: stamp(this.#world.now) };
  }
}
