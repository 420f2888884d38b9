import { RANK, type AnyJobSnapshot, type JobVersion } from '@notes/job-events-protocol';
import type { StateWrite, WriteResult } from '../../src/store/job-store.js';
import { endState, firstVersion, inTermOf, nextVersion, progressState } from '../../src/emitter/compose-state.js';
import { attemptOfEnd, attemptOfProgress } from '../../src/emitter/direct-attempt.js';
import type { End } from '../../src/emitter/payload-schemas.js';
import { JOB, stamp } from './model-job.js';
import { ModelTier } from './model-tier.js';
import type { World } from './world.js';

/** Somebody who reports without a run: what `OutsideJob` does, with each wait for the store a step of its own. */
export class ModelOutside {
  /** What was said last under an epoch of its own. */
  #said: AnyJobSnapshot | undefined;
  #isWritten = true;
  #end: AnyJobSnapshot | undefined;
  /** What it speaks of. */
  #queueJob: World['queueJob'];
  #tier: ModelTier;
  readonly #name: string;
  readonly #world: World;

  constructor(world: World, name: string) {
    this.#world = world;
    this.#name = name;
    this.#tier = new ModelTier(world);
  }

  /** Whether it knows anything that it has not said, or says more. */
  get isReporting(): boolean {
    return this.#said !== undefined || this.#end !== undefined;
  }

  /** What it said last and believes to be stored. */
  get said(): AnyJobSnapshot | undefined {
    return this.#said;
  }

  report(progress: number): void {
    if (this.#end !== undefined) return;
    this.#queueJob = this.#world.queueJob;
    if (this.#said === undefined) return this.#askToSpeak(progress);
    this.#said = this.#progressed(this.#said, progress, nextVersion(this.#said.version));
    this.#isWritten = false;
    this.#world.broadcast(this.#said);
  }

  writeBehind(): void {
    if (this.#said === undefined || this.#isWritten) return;
    const said = this.#said;
    const result = this.#tier.write({ ...JOB, snapshot: said, by: this.#by, ...this.#queueJob });
    this.#isWritten = true;
    if (result.outcome === 'foreign-owner' || result.outcome === 'held' || result.outcome === 'stale-run') return void (this.#said = undefined);
    if (result.outcome === 'stored') return this.#followTerm(said, result.record.snapshot);
    const standing = result.record.snapshot;
    const isOfThisAttempt = standing.version[0] === said.version[0] && standing.version[1] === RANK.going;
    if (!isOfThisAttempt) this.#said = undefined;
    else if (said.progress > standing.progress) this.#askToSpeak(said.progress);
  }

  /** What the cache has and the durable store has not. */
  flush(): void {
    this.#tier.flush();
  }

  finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#queueJob = this.#world.queueJob;
    this.#end = this.#said && endState(this.#ground(this.#said), end, {}, nextVersion(this.#said.version));
    if (this.#end === undefined) {
      const { epoch, record } = this.#tier.takeEpoch();
      const standing = this.#own(record);
      const attempt = attemptOfEnd(standing, undefined);
      if (attempt === undefined) return void (this.#said = undefined);
      this.#end = endState(this.#ground(standing), end, {}, firstVersion(attempt, epoch, standing));
    }
    this.#said = undefined;
    if (!this.#world.rules(5)) this.#world.broadcast(this.#end);
  }

  storeEnd(): void {
    if (this.#end === undefined) return;
    const end = this.#end;
    const result = this.#tier.write({ ...JOB, snapshot: end, by: 'outside', ...this.#queueJob });
    this.#end = undefined;
    if (result.outcome === 'stored') this.#world.broadcast(result.record.snapshot);
    else if (!this.#world.rules(4)) this.#world.broadcast(end);
  }

  /** The process ends, and with it what it knew. */
  crash(): void {
    this.#said = undefined;
    this.#end = undefined;
    this.#tier = new ModelTier(this.#world);
  }

  /** Rule 2: outside reports move no fence and give way to a run. */
  get #by(): StateWrite['by'] {
    return this.#world.rules(2) ? 'outside' : 'run';
  }

  #own(record: { readonly userId: string; readonly snapshot: AnyJobSnapshot } | undefined): AnyJobSnapshot | undefined {
    return record?.userId === JOB.userId ? record.snapshot : undefined;
  }

  #askToSpeak(progress: number): void {
    const { rules } = this.#world;
    this.#said = undefined;
    const { epoch, record } = this.#tier.takeEpoch();
    const standing = this.#own(record);
    if (rules(2) && record?.run !== undefined) return;
    const attempt = attemptOfProgress(standing, {});
    if (attempt === undefined) return;
    const snapshot = this.#progressed(standing, progress, firstVersion(attempt, epoch, standing));
    const result: WriteResult = this.#tier.write({ ...JOB, snapshot, by: this.#by, ...this.#queueJob });
    if (result.outcome !== 'stored') return;
    this.#said = result.record.snapshot;
    this.#isWritten = true;
    this.#world.broadcast(this.#said);
  }

  #followTerm(said: AnyJobSnapshot, stored: AnyJobSnapshot): void {
    const snapshot = inTermOf(said, stored);
    if (snapshot === said) return;
    this.#said = snapshot;
    this.#world.broadcast(snapshot);
  }

  #progressed(standing: AnyJobSnapshot | undefined, progress: number, version: JobVersion): AnyJobSnapshot {
    const snapshot = progressState(this.#ground(standing), { stage: this.#name, progress }, version);
    return this.#world.rules(7) ? snapshot : { ...snapshot, progress };
  }

  #ground(standing: AnyJobSnapshot | undefined) {
    return { ...JOB, current: standing, timestamp: stamp(this.#world.now) };
  }
}
