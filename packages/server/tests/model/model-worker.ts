import { ModelRun, type RunEnding } from './model-run.js';
import { unlessAway } from './model-store.js';
import type { World } from './world.js';

/** The shortest that a queue may be set to, and longer than processes differ in the store's clock. */
const LOCK_MS = 1_500;

/** A process that takes jobs from the queue, one at a time. */
export class ModelWorker {
  run: ModelRun | undefined;
  /** Runs whose function is done and whose end is on its way to the store. */
  #ending: readonly ModelRun[] = [];
  /** From the store, and from nothing else. */
  isCutOff = false;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Runs whose end is not stored. */
  get runs(): readonly ModelRun[] {
    return this.run === undefined ? this.#ending : [this.run, ...this.#ending];
  }

  take(): void {
    if (this.run !== undefined) return;
    const { queue, store, clock } = this.#world;
    const delivery = queue.deliver(this);
    if (delivery === undefined) return;
    // The lock of the worker that is taken for dead has run out.
    if (delivery.isRedelivery) clock.passed += LOCK_MS;
    // A job that is handed out again though its end is stored is not done again.
    if (delivery.isRedelivery && store.standing?.status === 'completed' && this.#world.namesJobOfQueue) return queue.done(this, { status: 'completed', result: 1 });
    const run = new ModelRun(this.#world, this, delivery.number);
    this.#world.lastRun = run;
    if (run.state === 'refused') queue.done(this, { status: 'cancelled' });
    else this.run = run;
  }

  finish(wanted: RunEnding): void {
    const { run } = this;
    const { queue } = this.#world;
    if (run === undefined) return;
    const end: RunEnding = run.isAskedToStop && wanted.status !== 'completed' && wanted.status !== 'handed-over' ? { status: 'cancelled' } : wanted;
    run.finish(end);
    this.run = undefined;
    this.#ending = [...this.#ending, run];
    if (end.status === 'handed-over') queue.nextStep(this);
    else if (end.status === 'retrying') queue.again(this);
    else queue.done(this, end);
  }

  storeEnds(): void {
    for (const run of this.#ending) run.storeEnd();
    this.#ending = this.#ending.filter(({ state }) => state === 'waiting' || state === 'speaking');
  }

  /** What happens by itself every few seconds: claims and ends that wait are tried again, and runs send a heartbeat. */
  beat(): void {
    const { passed } = this.#world;
    for (const run of this.runs) if (!this.isCutOff) run.heardAt = passed;
    unlessAway(() => this.run?.begin());
    unlessAway(() => this.run?.heartbeat());
    unlessAway(() => this.storeEnds());
  }

  /** The process ends, and with it what it knew. */
  crash(): void {
    if (this.runs.includes(this.#world.lastRun!)) this.#world.lastRun = undefined;
    this.run = undefined;
    this.#ending = [];
  }
}
