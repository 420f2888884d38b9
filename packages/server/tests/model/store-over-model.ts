import { decideCancel, decideInsert } from '../../src/store/decide-intent.js';
import { decideBegin, decideHeartbeat, decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import type { JobStore } from '../../src/store/job-store.js';
import type { ModelStore } from './model-store.js';
import type { Witness } from './witness.js';

/** The way of one process to the store of a model. A process that is dead is never answered. */
export interface Way {
  isDead: boolean;
  /** Answers come when the way is free again. */
  isBlocked: boolean;
}

/** A store for real emitters that decides as the model's does, and fails when it does. */
export function storeOverModel(model: ModelStore, witness: Witness, way: Way): JobStore {
  const asked = async <T>(answer: (now: number) => T): Promise<T> => {
    if (way.isDead || way.isBlocked) return new Promise<never>(() => undefined);
    return answer(Date.now());
  };
  const unused = (): Promise<never> => Promise.reject(new Error('No emitter asks this.'));
  return {
    now: () => asked((now) => now),
    insert: (job) => asked((now) => model.change((state) => decideInsert(state, job, now), now)),
    begin: (claim) =>
      asked((now) =>
        model.change((state) => {
          const decision = decideBegin(state, claim, now);
          if (decision.result.outcome === 'begun') witness.runBegan(decision.result.record.snapshot);
          return decision;
        }, now),
      ),
    takeEpoch: () => asked((now) => model.change(decideTakeEpoch, now)),
    write: (writes) => asked((now) => writes.map((write) => model.change((state) => decideWrite(state, write, now), now))),
    heartbeat: (beats) => asked((now) => beats.map((beat) => model.change((state) => decideHeartbeat(state, beat, now), now))),
    cancel: (_, options) => asked((now) => model.change((state) => decideCancel(state, options, now), now)),
    get: () => asked(() => [model.record]),
    listByCreation: unused,
    listChanged: unused,
    listUnfinished: unused,
    superviseRun: unused,
    takeLease: async () => false,
    close: async () => undefined,
  };
}
