import fc from 'fast-check';
import { allRules, type Rules } from './rules.js';
import { settle } from './settle.js';
import type { Witness } from './witness.js';
import { World } from './world.js';

export type Step = readonly [name: keyof World['steps'], which: number, amount: number];

const names = Object.keys(withWorld((world) => world.steps)) as Step[0][];
/** Only in histories that are written down: what takes long, and another user's token, with which jobs count as gone. */
const COSTLY_STEPS: readonly Step[0][] = ['endMany', 'formerToken', 'ownToken'];
const step = fc.tuple(fc.constantFrom(...names.filter((name) => !COSTLY_STEPS.includes(name))), fc.nat(3), fc.nat(100));

/** What happens next, and next, faults included, and a seed for the jitter. */
export const histories = fc.tuple(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), fc.integer({ min: 1, max: 1e6 }));
export type History = readonly [steps: readonly Step[], seed: number];

/** Which promises a history broke, once every fault is over and everything has come to rest. */
export async function play([steps, seed]: History, rules: Rules): Promise<Witness> {
  const world = new World(rules, seed);
  try {
    await world.server.advance(0);
    for (const [name, which, amount] of steps) await world.step(name, which, amount);
    await settle(world);
    return world.witness;
  } finally {
    world.close();
  }
}

function withWorld<Value>(look: (world: World) => Value): Value {
  const world = new World(allRules, 1);
  world.close();
  return look(world);
}
