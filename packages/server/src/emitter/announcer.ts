import { eventNameOf, type AnyJobSnapshot } from '@notes/job-events-protocol';
import type { Broadcaster } from '../broadcaster.js';
import type { OnError } from '../logger.js';
import { JobEventsServerError } from '../server-errors.js';
import type { Metrics } from '../telemetry/metrics.js';
import { announcementTargets, type AnnouncementTarget, type MakeTarget } from './announcement-target.js';

/** Takes states to whoever watches. What fails goes to `onError`: clients find the state by sync. */
export class Announcer {
  readonly #onError: OnError;
  readonly #metrics: Metrics;

  constructor(broadcaster: Broadcaster, onError: OnError, metrics: Metrics) {
    this.target = announcementTargets(broadcaster);
    this.#onError = onError;
    this.#metrics = metrics;
  }

  /** Where the states of a job go. */
  readonly target: MakeTarget;

  announce(userId: string, snapshot: AnyJobSnapshot): void {
    this.announceTo(this.target(userId, snapshot.jobId), snapshot);
  }

  announceTo(target: AnnouncementTarget, snapshot: AnyJobSnapshot): void {
    try {
      const event = eventNameOf(snapshot.status);
      const sent = target.emit(event, snapshot);
      this.#metrics.broadcast(event);
      if (sent instanceof Promise) sent.catch((cause: unknown) => this.#failed(snapshot.jobId, cause));
    } catch (cause) {
      this.#failed(snapshot.jobId, cause);
    }
  }

  #failed(jobId: string, cause: unknown): void {
    this.#onError(new JobEventsServerError('BROADCAST_FAILED', `A state of job ${jobId} could not be broadcast; clients find it by sync.`, { cause, jobId }));
  }
}

/**
 * Refuses a broadcaster that can be seen to reach another namespace: it would publish into the void and nobody would
 * say so. What does not show its namespace is taken on trust.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS`
 */
export function checkNamespace(broadcaster: Broadcaster, expected: string): void {
  if (typeof broadcaster?.to !== 'function')
    throw new JobEventsServerError('INVALID_OPTIONS', `broadcaster must have to(rooms).emit(event, payload), such as io.of('${expected}').`);
  const actual = namespaceOf(broadcaster);
  if (actual === undefined || actual === expected) return;
  throw new JobEventsServerError(
    'INVALID_OPTIONS',
    `broadcaster reaches the namespace ${actual}, and clients connect to ${expected}: nobody would get anything. Pass .of('${expected}') of it, or the namespace you use as the option namespace.`,
  );
}

/** A Socket.IO namespace has a `name`, a Socket.IO server a namespace `sockets`, an emitter for Redis an `nsp`. */
function namespaceOf(broadcaster: Broadcaster): string | undefined {
  const { name, nsp, sockets } = broadcaster as { name?: unknown; nsp?: unknown; sockets?: { name?: unknown } };
  return [name, nsp, sockets?.name].find((value): value is string => typeof value === 'string' && value.startsWith('/'));
}
