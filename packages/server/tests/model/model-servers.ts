import type { JobState } from '../../src/store/job-state.js';

/** The servers that all applications use: a durable store and a cache, each with its states by key. */
export class ModelServers {
  durable: ReadonlyMap<string, JobState> = new Map();
  cache: ReadonlyMap<string, JobState> = new Map();
  #backup: ReadonlyMap<string, JobState> = new Map();

  backUp(): void {
    this.#backup = this.durable;
  }

  /** It is again as it was when it was backed up. */
  goBack(): void {
    this.durable = this.#backup;
  }

  wipe(): void {
    this.durable = new Map();
  }

  wipeCache(): void {
    this.cache = new Map();
  }
}

/** The states with this one under its key. What holds nothing is no state. */
export function put(states: ReadonlyMap<string, JobState>, key: string, state: JobState): ReadonlyMap<string, JobState> {
  const others = [...states].filter(([other]) => other !== key);
  return new Map(state.record === undefined && state.fence === undefined ? others : [...others, [key, state]]);
}
