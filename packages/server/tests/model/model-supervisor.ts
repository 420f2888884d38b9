import { isFinal } from '@notes/job-events-protocol';
import { StoreClockWatch } from '../../src/emitter/store-clock-watch.js';
import { verdictOf, type SupervisionTimes } from '../../src/emitter/supervision-verdict.js';
import { decideSupervision } from '../../src/store/decide-supervision.js';
import { touchedAt } from '../../src/store/job-state.js';
import type { JobRecord, JobRunHold } from '../../src/store/job-record.js';
import type { SuperviseOptions } from '../../src/store/job-store.js';
import { SET_BACK_MS } from '../../src/store/list-records.js';
import { realTiming } from '../../src/timing.js';
import { stamp } from './model-job.js';
import { StoreAway } from './model-store.js';
import type { World } from './world.js';

/** Shorter than the defaults, so that schedules reach them. */
export const SUPERVISION: SupervisionTimes & { readonly workerLostAfterMs: number } = { stalledAfterMs: 10_000, workerLostAfterMs: 20_000 };

/** What `RunSupervisor` does in one process, with each wait for the store a step of its own. */
export class ModelSupervisor {
  readonly #world: World;
  readonly #clock: StoreClockWatch;
  #seen: (JobRunHold & { readonly since: number }) | undefined;
  #verdict: (Pick<SuperviseOptions, 'run' | 'as'> & { readonly since: number }) | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#clock = new StoreClockWatch({ ...realTiming, monotonic: () => world.passed });
  }

  /** Looks for a silent run, and decides what becomes of its job. */
  look(): void {
    const { store, passed, now, rules } = this.#world;
    try {
      const { record } = store;
      this.#clock.look(now, passed);
      const run = record !== undefined && isSilent(record, now) ? record.run : undefined;
      this.#seen = run && (this.#seen?.epoch === run.epoch && this.#seen.aliveAt === run.aliveAt ? this.#seen : { ...run, since: passed });
      if (record === undefined || run === undefined) return;
      const silence = { storedMs: now - run.aliveAt, seenMs: passed - this.#seen!.since, steadyMs: rules(17) ? this.#clock.steadyForMs : Infinity };
      const as = verdictOf({ ...record, touchedAt: touchedAt(record) }, silence, { ...SUPERVISION, workerLostAfterMs: rules(18) ? SUPERVISION.workerLostAfterMs : false });
      this.#verdict = as && { run, as, since: this.#seen!.since };
    } catch (error) {
      if (!(error instanceof StoreAway)) throw error;
      if (!rules(17)) return;
      this.#clock.lose();
      this.#seen = undefined;
    }
  }

  /** Rule 20: the store ends the run only if it is as silent as it was when it was seen. */
  decide(): void {
    if (this.#verdict === undefined) return;
    const { store, now, rules, witness, clock } = this.#world;
    const { run, as, since } = this.#verdict;
    this.#verdict = undefined;
    const result = store.change((state) => {
      const seen = rules(20) ? run : (state.record?.run ?? run);
      const decision = decideSupervision(state, { run: seen, as, timestamp: stamp(now) }, now);
      if (decision.result.outcome === 'ended') {
        witness.seen.add('worker lost');
        // A store that went back since to the very heartbeat that was seen has hidden those that came between.
        if (clock.lostAt <= since && this.#world.isLiving(seen.epoch, this.#leastSilence(decision.result.record))) witness.accuse('a living run was ended as lost');
      }
      return decision;
    }, now);
    if (result.outcome === 'stalled' || result.outcome === 'ended') this.#world.publish(result.record);
  }

  /** Where a store went back, or its clock stepped, nobody knows more than that two heartbeats did not come. */
  #leastSilence({ snapshot }: JobRecord): number {
    const { witness, clock } = this.#world;
    const isKnown = snapshot.status === 'failed' && !witness.hasLost && !clock.hasStepped;
    return isKnown ? SUPERVISION.workerLostAfterMs : SUPERVISION.stalledAfterMs;
  }
}

/** What `listUnfinished` of held jobs finds. */
function isSilent(record: JobRecord, now: number): boolean {
  const untouchedMs = now - touchedAt(record);
  return record.run !== undefined && !isFinal(record.snapshot.status) && (untouchedMs >= SUPERVISION.stalledAfterMs || untouchedMs < -SET_BACK_MS);
}
