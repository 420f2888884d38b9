import { endState, firstVersion } from '../../src/emitter/compose-state.js';
import { attemptOfEnd } from '../../src/emitter/direct-attempt.js';
import { decidesAbout, removalOf } from '../../src/bullmq/reconcile-decision.js';
import { decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import type { QueueJob } from '../../src/store/job-record.js';
import { JOB, stamp } from './model-job.js';
import { unlessAway } from './model-store.js';
import type { World } from './world.js';

/** A job that was removed from the queue while it waited, and which it was of those that the queue was given. */
interface Removed {
  readonly queueJob: QueueJob;
  readonly given: number;
}

/** What `followWorker` does when a waiting job is removed: it ends the job. Between what it reads and what it writes others may come. */
export class ModelFollower {
  readonly #unread: Removed[] = [];
  #toCancel: (Removed & { readonly attempt: number }) | undefined;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  hear(removed: Removed): void {
    this.#unread.push(removed);
  }

  /** @throws StoreAway */
  read(): void {
    const [removed] = this.#unread;
    if (removed === undefined) return;
    const { record } = this.#world.store;
    this.#unread.shift();
    if (record === undefined || record.userId !== JOB.userId || !decidesAbout({ ...removed, isChild: false }, record)) return;
    if (removalOf(record).kind === 'cancelled') this.#toCancel = { ...removed, attempt: record.snapshot.version[0] };
  }

  /** @throws StoreAway */
  cancel(): void {
    if (this.#toCancel === undefined) return;
    const { queueJob, given, attempt } = this.#toCancel;
    const { store, now, witness, workers } = this.#world;
    const { epoch, record } = store.change(decideTakeEpoch, now);
    const current = record?.userId === JOB.userId ? record.snapshot : undefined;
    if (attemptOfEnd(current, attempt) !== undefined) {
      const snapshot = endState({ ...JOB, current, timestamp: stamp(now) }, { status: 'cancelled' }, {}, firstVersion(attempt, epoch, current));
      const isOfLaterJob = workers.some(({ runs }) => runs.some((run) => run.given > given && run.isOf(record?.run?.epoch ?? 0)));
      const result = store.change((state) => decideWrite(state, { ...JOB, snapshot, by: 'outside', queueJob }, now), now);
      if (result.outcome === 'stored') {
        witness.cancelledQueueJob = given;
        if (isOfLaterJob) witness.accuse('a job was cancelled for another one of its id');
        this.#world.broadcast(result.record.snapshot);
      }
    }
    this.#toCancel = undefined;
  }

  /** What it has heard of it reads and ends. */
  settle(): void {
    unlessAway(() => this.cancel());
    while (this.#unread.length > 0) unlessAway(() => (this.read(), this.cancel()));
  }
}
