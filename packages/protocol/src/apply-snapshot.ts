import { isFinal, type AnyJobSnapshot } from './job-snapshot.js';
import { compareVersions } from './job-version.js';

/**
 * Whether `candidate` replaces `current` (specification, section 1.2): its version is greater. The one order that the
 * emitter, every store, the HTTP endpoint and the client share. A store is stricter with terminal states: of two of one
 * attempt it keeps the first.
 */
export function isNewer(candidate: Pick<AnyJobSnapshot, 'version'>, current: Pick<AnyJobSnapshot, 'version'>): boolean {
  return compareVersions(candidate.version, current.version) > 0;
}

/**
 * The reducer: what is shown after `incoming` has arrived. Returns `current` itself where nothing changes.
 *
 * Beside the order it holds what may only grow: within one attempt the percentage of unfinished states never
 * falls, and a request to cancel stays until the job has ended. The request, and that a job is stalled, are not part of
 * the order, so they are taken over from a state of the same version too. Pure; neither argument is changed.
 */
export function applySnapshot<S extends AnyJobSnapshot>(current: S | undefined, incoming: S): S {
  if (current === undefined) return incoming;
  if (isNewer(incoming, current)) return isFinal(current.status) ? incoming : carryOver(current, incoming);
  if (isFinal(current.status) || compareVersions(incoming.version, current.version) !== 0) return current;
  const asksToCancel = incoming.cancelRequested && !current.cancelRequested;
  const isStalled = incoming.stalled && !current.stalled;
  return asksToCancel || isStalled
    ? { ...current, ...(asksToCancel && { cancelRequested: true }), ...(isStalled && { stalled: true }) }
    : current;
}

function carryOver<S extends AnyJobSnapshot>(current: S, incoming: S): S {
  const keepsProgress =
    current.version[0] === incoming.version[0] &&
    incoming.status !== 'completed' &&
    current.progress > incoming.progress;
  const keepsRequest = current.cancelRequested && !incoming.cancelRequested && !isFinal(incoming.status);
  if (!keepsProgress && !keepsRequest) return incoming;
  return {
    ...incoming,
    ...(keepsProgress && { progress: current.progress }),
    ...(keepsRequest && { cancelRequested: true }),
  };
}
