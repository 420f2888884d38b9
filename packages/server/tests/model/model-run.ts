import { RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { decideBegin, decideHeartbeat, decideTakeEpoch } from '../../src/store/decide-run.js';
import { endState, handedOverState, inTermOf, nextVersion, progressState } from '../../src/emitter/compose-state.js';
import type { End } from '../../src/emitter/payload-schemas.js';
import { guessedEnd } from '../../src/emitter/run-outcome.js';
import { WORKER_LOST } from '../../src/server-errors.js';
import { JOB, stamp } from './model-job.js';
import { StoreAway } from './model-store.js';
import { ModelTier } from './model-tier.js';
import type { World } from './world.js';

/** How a run can be over: the job has ended, is tried again, or waits for its next step. */
export type RunEnding = End | { readonly status: 'handed-over' };

/** One run of the job in some worker: what `RunSession` does, with each wait for the store a step of its own. */
export class ModelRun {
  state: 'waiting' | 'speaking' | 'refused' | 'lost' | 'ended' = 'waiting';
  snapshot: AnyJobSnapshot | undefined;
  isAskedToStop = false;
  end: RunEnding | undefined;
  /** The attempt that the store has begun for it, also where the answer was lost. */
  attempt: number | undefined;
  /** When it last sent a heartbeat that arrived unless the store was away. */
  heardAt: number;
  #progress = 0;
  /** It learned that its job was ended because it was taken for lost. */
  #isTakenForLost = false;
  #isWritten = true;
  readonly #tier: ModelTier;
  readonly #number: number;
  readonly #askedAt: number;
  /** Which of the jobs that the queue was given. */
  readonly given: number;
  readonly #queueJob: World['queueJob'];
  readonly #world: World;
  readonly #worker: { readonly isCutOff: boolean };

  constructor(world: World, worker: { readonly isCutOff: boolean }, number: number) {
    this.#world = world;
    this.#worker = worker;
    this.#tier = new ModelTier(world);
    this.#number = number;
    this.#askedAt = world.passed;
    this.heardAt = world.passed;
    this.given = world.queue.given;
    this.#queueJob = world.queueJob;
    this.begin();
  }

  /** @throws StoreAway */
  #reachStore(): void {
    if (this.#worker.isCutOff) throw new StoreAway();
  }

  isOf(epoch: number): boolean {
    return this.snapshot?.version[2] === epoch && this.state === 'speaking';
  }

  /** Rule 1: a claim is one atomic write, and only it moves the fence. */
  begin(): void {
    if (this.state !== 'waiting') return;
    const { rules, store, now } = this.#world;
    try {
      this.#reachStore();
      if (rules(1)) this.#claim();
      else this.#speakAs(this.#number, store.change(decideTakeEpoch, now).epoch);
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error;
      // Rule 6: what has no epoch says nothing. Without it a run makes one up, on its own clock.
      if (!rules(6)) this.#speakAs(this.#number, Math.max(1, now - 5_000));
    }
  }

  report(progress: number): void {
    this.#progress = this.#world.rules(7) ? Math.max(this.#progress, progress) : progress;
    if (this.state === 'speaking') this.#say();
  }

  /** Progress is written behind the broadcast. */
  writeBehind(): void {
    if (this.state !== 'speaking' || this.#isWritten) return;
    this.#reachStore();
    const result = this.#tier.write({ ...JOB, snapshot: this.snapshot!, by: this.#by, ...this.#queueJob });
    this.#isWritten = true;
    if (result.outcome === 'foreign-owner') return;
    if (result.outcome === 'stored') this.#followTerm(result.record.snapshot);
    if (result.outcome === 'stale-run') this.#lose(result.record.snapshot);
    if (result.outcome === 'outdated' && result.record.snapshot.version[1] > RANK.going) this.#lose(result.record.snapshot);
  }

  heartbeat(): void {
    if (this.state !== 'speaking') return;
    this.#reachStore();
    const { store, now, passed } = this.#world;
    this.heardAt = passed;
    const beat = { jobId: JOB.jobId, epoch: this.snapshot!.version[2] };
    const result = store.change((state) => decideHeartbeat(state, beat, now), now);
    if (result.outcome === 'overtaken' && this.#world.rules(1)) this.#lose(store.record?.snapshot);
    if (result.outcome === 'alive' && result.cancelRequested) this.isAskedToStop = true;
    if (result.outcome === 'alive' && result.stalled) this.#say();
    if (result.outcome === 'unknown') this.#isWritten = false;
  }

  finish(end: RunEnding): void {
    this.end = end;
    if (this.state === 'speaking' && end.status !== 'handed-over' && !this.#world.rules(5)) this.#world.broadcast(this.#ended(end));
  }

  /** Rules 4 and 5: an end is stored, and then broadcast if it was. */
  storeEnd(): void {
    this.begin();
    if (this.end === undefined || (this.state !== 'speaking' && !this.#isTakenForLost)) return;
    const { rules } = this.#world;
    const snapshot = this.#ended(this.end);
    if (this.#isTakenForLost) return this.#keepEnd(snapshot);
    this.#reachStore();
    const result = this.#tier.write({ ...JOB, snapshot, by: this.#by, ...this.#queueJob });
    this.state = result.outcome === 'stale-run' ? 'lost' : 'ended';
    if (guessedEnd(result) !== undefined) this.#keepEnd(snapshot);
    if (result.outcome === 'stored') this.#world.broadcast(result.record.snapshot);
    else if (!rules(4)) this.#world.broadcast(snapshot);
  }

  /** What the cache has and the durable store has not. */
  flush(): void {
    this.#reachStore();
    this.#tier.flush();
  }

  /** Nothing that it says is believed any more. What it is guessed to have ended as is not its end. */
  #lose(current: AnyJobSnapshot | undefined): void {
    this.state = 'lost';
    this.#isTakenForLost = current?.error?.code === WORKER_LOST && current.version[0] === this.attempt;
  }

  /** Rule 19. */
  #keepEnd(snapshot: AnyJobSnapshot): void {
    this.#isTakenForLost = false;
    if (this.#world.rules(19)) this.#world.unstoredEnds.keep({ ...JOB, snapshot, by: 'run', ...this.#queueJob });
  }

  #followTerm(stored: AnyJobSnapshot): void {
    const snapshot = inTermOf(this.snapshot!, stored);
    if (snapshot === this.snapshot) return;
    this.snapshot = snapshot;
    this.#world.broadcast(snapshot);
  }

  get #by(): 'run' | 'outside' {
    return this.#world.rules(1) ? 'run' : 'outside';
  }

  #claim(): void {
    const { store, now, witness } = this.#world;
    const claim = { ...JOB, createdAt: stamp(now), attempt: this.#number, rerun: false, stage: 'BEGIN', claimId: `${this.#askedAt}`, ...this.#queueJob, askedMsAgo: this.#world.passed - this.#askedAt };
    const start = store.change((state) => {
      const decision = decideBegin(state, claim, now);
      if (decision.result.outcome === 'begun') this.attempt = decision.result.record.snapshot.version[0];
      return decision;
    }, now);
    if (start.outcome === 'cancelled' && witness.cancelledQueueJob < this.given) witness.accuse('a job was cancelled for another one of its id');
    if (start.outcome !== 'begun') {
      this.state = start.outcome === 'overtaken' ? 'lost' : 'refused';
      return;
    }
    this.#speakWith(start.record.snapshot);
    this.isAskedToStop = start.record.snapshot.cancelRequested === true;
  }

  #speakAs(attempt: number, epoch: number): void {
    this.#isWritten = false;
    this.#speakWith(progressState({ ...JOB, current: undefined, timestamp: stamp(epoch) }, { stage: 'BEGIN', progress: 0 }, [attempt, RANK.going, epoch, 1]));
  }

  #speakWith(snapshot: AnyJobSnapshot): void {
    this.state = 'speaking';
    this.snapshot = snapshot;
    this.attempt = snapshot.version[0];
    this.#world.witness.runBegan(snapshot);
    this.#world.broadcast(snapshot);
    if (this.#progress > 0) this.#say();
  }

  #say(): void {
    const standing = this.snapshot!;
    const said = progressState(this.#ground(), { stage: 'WORK', progress: this.#progress }, nextVersion(standing.version));
    this.snapshot = this.#world.rules(7) ? said : { ...said, progress: this.#progress };
    this.#isWritten = false;
    this.#world.broadcast(this.snapshot);
  }

  #ended(end: RunEnding): AnyJobSnapshot {
    const standing = this.snapshot!;
    const version = nextVersion(standing.version);
    return end.status === 'handed-over' ? handedOverState({ ...this.#ground(), current: standing }, version) : endState(this.#ground(), end, {}, version);
  }

  #ground() {
    return { ...JOB, current: this.snapshot, timestamp: stamp(this.#world.now) };
  }
}
