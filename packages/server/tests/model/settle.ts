import { unlessAway } from './model-store.js';
import { reconcile } from './reconcile.js';
import type { World } from './world.js';

/** How often runs send a heartbeat; every second time somebody looks for those that do not. */
const BEAT_MS = 5_000;
/** Enough for silent runs to be found and ended, whatever was before. */
const SETTLE_MS = 60_000;

/** Time passes, and what happens by itself happens: supervision, before the heartbeats that are due with it. */
export function pass({ clock, workers, supervisors, bridge }: World, ms: number): void {
  bridge.receive();
  const end = clock.passed + ms;
  for (let due = (Math.floor(clock.passed / BEAT_MS) + 1) * BEAT_MS; due <= end; due += BEAT_MS) {
    clock.passed = due;
    if (due % (2 * BEAT_MS) === 0) for (const supervisor of supervisors) unlessAway(() => (supervisor.look(), supervisor.decide()));
    for (const worker of workers) worker.beat();
  }
  clock.passed = end;
}

/** Every fault is over, whoever lives says what he has to say, and clients ask once more. */
export function settle(world: World): void {
  world.store.isAway = false;
  world.store.losesNextAnswer = false;
  world.store.isCacheDeaf = false;
  for (const worker of world.workers) worker.isCutOff = false;
  for (let round = 0; round < 2; round++) {
    for (const [which, worker] of world.workers.entries()) {
      world.step('beginLate', which, 0);
      world.step('write', which, 0);
      unlessAway(() => worker.runs.forEach((run) => run.flush()));
      unlessAway(() => worker.storeEnds());
    }
    for (const which of world.outsiders.keys()) {
      world.step('writeOutside', which, 0);
      world.step('flushOutside', which, 0);
      world.step('storeEndOutside', which, 0);
    }
  }
  world.follower.settle();
  world.bridge.settle();
  pass(world, SETTLE_MS);
  world.unstoredEnds.restoreAll();
  reconcile(world);
  for (const neighbor of world.neighbors) neighbor.settle();
  letClientsCatchUp(world);
}

export function letClientsCatchUp(world: World): void {
  for (const client of world.clients) client.arriveAll();
  pass(world, 15_000);
  for (const client of world.clients) {
    world.sync(client);
    client.arriveAll();
  }
}
