import { isFinal, RANK, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { WORKER_LOST } from '../../src/server-errors.js';
import { JOB } from './model-job.js';
import type { ModelRun } from './model-run.js';
import type { World } from './world.js';

/** The promises to those who report, now that everything has come to rest. */
export function judgeReporters(world: World): void {
  const { witness, lastRun, store, outsiders } = world;
  if (!witness.hasLost && lastRun?.end !== undefined && !isEnded(lastRun, world)) witness.accuse('the end of the last run was lost');
  if (outsiders.some(({ said }) => isLost(said, world))) witness.accuse('progress that its reporter believes stored was lost');
  const { record, standing } = store;
  const isCancelledForAnother = standing?.status === 'cancelled' && lastRun?.end !== undefined && witness.cancelledQueueJob < lastRun.given;
  if (!witness.hasLost && isCancelledForAnother) witness.accuse('a job was cancelled for another one of its id');
  if (record?.run === undefined || record.userId !== JOB.userId || isFinal(record.snapshot.status) || world.isLiving(record.run.epoch)) return;
  if (record.queueJob === undefined) witness.accuse('a job whose worker is gone never ends');
  else if (!record.snapshot.stalled) witness.accuse('a job whose worker is gone is not shown as stalled');
}

/** A run takes over what was said from outside. */
function isLost(said: AnyJobSnapshot | undefined, { store, witness }: World): boolean {
  const { standing, owner, isEvicted } = store;
  if (said === undefined || standing === undefined || witness.hasLost || witness.runs.size > 0 || isEvicted || owner !== JOB.userId) return false;
  const [attempt, rank] = standing.version;
  return attempt === said.version[0] && rank === RANK.going && standing.progress < said.progress;
}

/**
 * By this run or by others. That it was taken for lost is no end of it, unless its claim was never answered, its
 * retention is over before the run hears of it, or the store has evicted first its record and then its fence: then it rejects with `StaleRunError`.
 */
function isEnded({ state, attempt, end, snapshot }: ModelRun, { store }: World): boolean {
  const { standing, record } = store;
  if (state === 'refused') return true;
  if (standing === undefined) return false;
  // A claim that comes late, after the clock was set back, may take up the step that was left to the next one.
  if (end?.status === 'handed-over' && (record?.run === undefined || record.run.epoch > (snapshot?.version[2] ?? 0))) return true;
  if (standing.error?.code === WORKER_LOST && standing.version[0] === attempt) return snapshot === undefined || record === undefined;
  if (store.hasForgottenRun) return true;
  return standing.version[1] > RANK.going || (attempt !== undefined && standing.version[0] > attempt);
}
