import { Job } from 'bullmq';
import { JobEventsServerError } from '../server-errors.js';

/** The major version of BullMQ that this library has loaded: only 5 can discard jobs. */
const LOADED_MAJOR = 'discard' in Job.prototype ? 5 : 6;

/**
 * Refuses a worker of another major version of BullMQ than the one that this library has loaded, which cannot read its
 * jobs. Objects that show neither are taken on trust.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS`
 */
export function checkMajor(worker: { readonly name: string }): void {
  const major = 'backend' in worker ? 6 : 'scripts' in worker ? 5 : LOADED_MAJOR;
  if (major === LOADED_MAJOR) return;
  throw new JobEventsServerError(
    'INVALID_OPTIONS',
    `followWorker: the worker of the queue '${worker.name}' is of BullMQ ${major}, and @notes/job-events-server has loaded BullMQ ${LOADED_MAJOR}. Two versions are installed. See npm ls bullmq (pnpm why bullmq), and install one for both: the version of your package.json, by overrides if another package brings its own.`,
  );
}
