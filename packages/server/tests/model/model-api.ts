import { type AnyJobSnapshot, type JobVersion } from '@notes/job-events-protocol';
import { decideCancel, decideInsert } from '../../src/store/decide-intent.js';
import { decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import { firstVersion, queuedState } from '../../src/emitter/compose-state.js';
import { attemptOfQueued } from '../../src/emitter/direct-attempt.js';
import { JOB, stamp } from './model-job.js';
import type { World } from './world.js';

/** Accepts the job, cancels it, and has it tried again once it has ended. */
export class ModelApi {
  /** Which of the jobs that the queue was given. */
  #announced = 0;
  #toPutBack: AnyJobSnapshot | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  announce(): void {
    const { rules, store, now, queue } = this.#world;
    if (this.#announced === queue.given) return;
    const job = { ...JOB, createdAt: stamp(now), ...this.#world.queueJob };
    if (rules(3)) {
      const record = store.change((state) => decideInsert(state, job, now), now);
      if (record !== undefined) this.#world.broadcast(record.snapshot);
    } else this.#overwriteAsQueued();
    this.#announced = queue.given;
  }

  /** Without rule 3 an API says "queued" whenever it comes to it, as the newest that is known. */
  #overwriteAsQueued(): void {
    const { store, now } = this.#world;
    const { epoch, record } = store.change(decideTakeEpoch, now);
    const version: JobVersion = firstVersion(record?.snapshot.version[0] ?? 1, epoch, record?.snapshot);
    const snapshot = queuedState({ ...JOB, current: record?.snapshot, timestamp: stamp(now) }, {}, version);
    store.change((state) => decideWrite(state, { ...JOB, snapshot, by: 'run' }, now), now);
    this.#world.broadcast(snapshot);
  }

  /** A user has a job tried again that has ended. Between what the API reads and what it writes others may come. */
  readToPutBack(): void {
    const { store, now } = this.#world;
    const { epoch, record } = store.change(decideTakeEpoch, now);
    const standing = record?.userId === JOB.userId ? record.snapshot : undefined;
    const attempt = standing && attemptOfQueued(standing, { attempt: standing.version[0] + 1, rerun: true });
    this.#toPutBack = attempt === undefined ? undefined : queuedState({ ...JOB, current: standing, timestamp: stamp(now) }, {}, firstVersion(attempt, epoch, standing));
  }

  putBack(): void {
    const snapshot = this.#toPutBack;
    if (snapshot === undefined) return;
    const { store, now, queue } = this.#world;
    const result = store.change((state) => decideWrite(state, { ...JOB, snapshot, by: 'rerun' }, now), now);
    this.#toPutBack = undefined;
    if (result.outcome !== 'stored') return;
    this.#world.broadcast(result.record.snapshot);
    queue.retryByHand();
  }

  cancel(): void {
    const { store, now } = this.#world;
    const options = { silentAfterMs: 30_000, timestamp: stamp(now), userId: JOB.userId };
    const result = store.change((state) => decideCancel(state, options, now), now);
    if (result.outcome === 'requested' || result.outcome === 'cancelled') this.#world.broadcast(result.record.snapshot);
  }
}
