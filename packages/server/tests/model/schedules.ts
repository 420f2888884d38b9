import fc from 'fast-check';
import { allRules, type Rules } from './rules.js';
import { settle } from './settle.js';
import { World } from './world.js';

export type Step = readonly [name: keyof World['steps'], which: number, amount: number];

const names = Object.keys(new World(allRules).steps) as Step[0][];
const step = fc.tuple(fc.constantFrom(...names), fc.nat(1), fc.nat(100));

/** What is done next, and next, faults included. */
export const schedules = fc.array(step, { minLength: 1, maxLength: 80, size: 'max' });

/** The world after a schedule, once every fault is over and everything has come to rest. */
export function play(schedule: readonly Step[], rules: Rules): World {
  const world = new World(rules);
  for (const [name, which, amount] of schedule) world.step(name, which, amount);
  settle(world);
  return world;
}
