import { isFinal } from '@notes/job-events-protocol';
import { decideTakeEpoch } from '../../src/store/decide-run.js';
import { decideWrite } from '../../src/store/decide-write.js';
import { endState, firstVersion } from '../../src/emitter/compose-state.js';
import { JOB, stamp } from './model-job.js';
import type { World } from './world.js';

/** The queue has done the job, and the store, which lost the end, does not know it. Ends it from the queue's record. */
export function reconcile(world: World): void {
  const { standing, owner, record } = world.store;
  const { witness, queue, store, now, queueJob } = world;
  const isOpen = standing !== undefined && owner === JOB.userId && !isFinal(standing.status);
  if (queueJob === undefined || !witness.hasLost || !isOpen || !queue.isDone || world.isReported) return;
  if (!world.rules(10)) return witness.accuse('a job that its queue has done never ends');
  witness.seen.add('reconciled');
  const { epoch } = store.change(decideTakeEpoch, now);
  const snapshot = endState({ ...JOB, current: standing, timestamp: stamp(now) }, { status: 'completed', result: 1 }, {}, firstVersion(standing.version[0], epoch, standing));
  const result = store.change((state) => decideWrite(state, { ...JOB, snapshot, by: 'outside', ...queueJob }, now), now);
  if (result.outcome !== 'stored') throw new Error(`${result.outcome}: ${JSON.stringify(record)}`);
  world.publish(result.record);
}
