import { RANK, type AnyJobSnapshot, type JobVersion } from '@notes/job-events-protocol';
import { decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import type { StateWrite, WriteResult } from '../../src/store/job-store.js';
import { endState, nextVersion, progressState } from '../../src/emitter/compose-state.js';
import { attemptOfEnd, attemptOfProgress } from '../../src/emitter/outside-attempt.js';
import type { End } from '../../src/emitter/payload-schemas.js';
import { JOB, stamp } from './model-run.js';
import type { World } from './world.js';

/** Somebody who reports without a run: what `OutsideJob` does, with each wait for the store a step of its own. */
export class ModelOutside {
  /** What was said last under an epoch of its own. */
  #said: AnyJobSnapshot | undefined;
  #isWritten = true;
  #end: AnyJobSnapshot | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  report(progress: number): void {
    if (this.#end !== undefined) return;
    if (this.#said === undefined) return this.#askToSpeak(progress);
    this.#said = this.#progressed(this.#said, progress, nextVersion(this.#said.version));
    this.#isWritten = false;
    this.#world.broadcast(this.#said);
  }

  writeBehind(): void {
    if (this.#said === undefined || this.#isWritten) return;
    const said = this.#said;
    const result = this.#write(said, this.#by);
    this.#isWritten = true;
    if (result.outcome === 'held') this.#said = undefined;
    if (result.outcome !== 'outdated') return;
    const standing = result.record.snapshot;
    const isOfThisAttempt = standing.version[0] === said.version[0] && standing.version[1] === RANK.going;
    if (!isOfThisAttempt) this.#said = undefined;
    else if (said.progress > standing.progress) this.#askToSpeak(said.progress);
  }

  finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = this.#said && endState(this.#ground(this.#said), end, {}, nextVersion(this.#said.version));
    if (this.#end === undefined) {
      const { epoch, record } = this.#world.store.change(decideTakeEpoch, this.#world.now);
      const attempt = attemptOfEnd(record?.snapshot, undefined)!;
      this.#end = endState(this.#ground(record?.snapshot), end, {}, [attempt, RANK.going, epoch, 1]);
    }
    this.#said = undefined;
    if (!this.#world.rules(5)) this.#world.broadcast(this.#end);
  }

  storeEnd(): void {
    if (this.#end === undefined) return;
    const end = this.#end;
    const result = this.#write(end, 'outside');
    this.#end = undefined;
    if (result.outcome === 'stored') this.#world.broadcast(result.record.snapshot);
    else if (!this.#world.rules(4)) this.#world.broadcast(end);
  }

  /** The process ends, and with it what it knew. */
  crash(): void {
    this.#said = undefined;
    this.#end = undefined;
  }

  /** Rule 2: outside reports move no fence and give way to a run. */
  get #by(): StateWrite['by'] {
    return this.#world.rules(2) ? 'outside' : 'run';
  }

  #askToSpeak(progress: number): void {
    const { store, now, rules } = this.#world;
    const { epoch, record } = store.change(decideTakeEpoch, now);
    const standing = record?.snapshot;
    if (rules(2) && record?.run !== undefined) return;
    const attempt = attemptOfProgress(standing, {});
    if (attempt === undefined) return;
    const snapshot = this.#progressed(standing, progress, [attempt, RANK.going, epoch, 1]);
    const result = this.#write(snapshot, this.#by);
    if (result.outcome !== 'stored') return;
    this.#said = result.record.snapshot;
    this.#world.broadcast(this.#said);
  }

  #progressed(standing: AnyJobSnapshot | undefined, progress: number, version: JobVersion): AnyJobSnapshot {
    const snapshot = progressState(this.#ground(standing), { stage: 'OUTSIDE', progress }, version);
    return this.#world.rules(7) ? snapshot : { ...snapshot, progress };
  }

  #write(snapshot: AnyJobSnapshot, by: StateWrite['by']): Exclude<WriteResult, { outcome: 'foreign-owner' }> {
    const { store, now } = this.#world;
    const result = store.change((state) => decideWrite(state, { ...JOB, snapshot, by }, now), now);
    if (result.outcome === 'foreign-owner') throw new Error('There is one owner.');
    return result;
  }

  #ground(standing: AnyJobSnapshot | undefined) {
    return { ...JOB, standing, timestamp: stamp(this.#world.now) };
  }
}
