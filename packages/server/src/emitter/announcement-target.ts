import { jobRoom, userRoom, type AnyJobSnapshot, type JobEventName } from '@notes/job-events-protocol';
import type { Broadcaster } from '../broadcaster.js';

/** Where the states of one job go: one emit for both rooms, since two would reach a socket twice that is in both. */
export interface AnnouncementTarget {
  emit(event: JobEventName, snapshot: AnyJobSnapshot): unknown;
}

/** What a Socket.IO namespace hands its events to: the part of `Adapter` that every adapter has. */
interface Adapter {
  broadcast(packet: object, options: { rooms: ReadonlySet<string>; except: ReadonlySet<string>; flags: object }): void;
}

/** Of Socket.IO's protocol. */
const EVENT = 2;
const NOBODY: ReadonlySet<string> = new Set();

/**
 * The target of a job, to be kept for as long as it is spoken of. A namespace's `to` would make two operators and five sets
 * for each event, so its adapter is asked directly; it is looked up each time, because a server may be given another one.
 */
export function announcementTarget(broadcaster: Broadcaster, userId: string, jobId: string): AnnouncementTarget {
  const rooms = [userRoom(userId), jobRoom(jobId)];
  if (!isNamespace(broadcaster)) return { emit: (event, snapshot) => broadcaster.to(rooms).emit(event, snapshot) };
  const set = new Set(rooms);
  return {
    emit: (event, snapshot) => broadcaster.adapter.broadcast({ type: EVENT, data: [event, snapshot] }, { rooms: set, except: NOBODY, flags: {} }),
  };
}

function isNamespace(broadcaster: Broadcaster): broadcaster is Broadcaster & { readonly adapter: Adapter } {
  const { adapter, sockets, name } = broadcaster as { adapter?: { broadcast?: unknown }; sockets?: unknown; name?: unknown };
  return typeof name === 'string' && sockets instanceof Map && typeof adapter?.broadcast === 'function';
}
