import { jobRoom, userRoom, withheldRoom, type AnyJobSnapshot, type JobEventName } from '@notes/job-events-protocol';
import type { Namespace } from 'socket.io';
import type { Broadcaster } from '../broadcaster.js';
import { inMemoryFanOut, isInMemory } from './in-memory-fan-out.js';

/**
 * Where the states of one job go: one emit for both rooms, since two would reach a socket twice that is in both. Sockets
 * that the job was revoked from are left out.
 */
export interface AnnouncementTarget {
  emit(event: JobEventName, snapshot: AnyJobSnapshot): unknown;
}

/** Makes the target of a job, to be kept for as long as it is spoken of. */
export type MakeTarget = (userId: string, jobId: string) => AnnouncementTarget;

export function announcementTargets(broadcaster: Broadcaster): MakeTarget {
  const namespace = isNamespace(broadcaster) ? broadcaster : undefined;
  const fanOut = namespace && inMemoryFanOut(namespace);
  return (userId, jobId) => {
    const rooms = [userRoom(userId), jobRoom({ userId, jobId })];
    const withheld = withheldRoom(jobId);
    return {
      emit(event, snapshot) {
        if (fanOut && isInMemory(namespace!)) return fanOut(rooms, withheld, event, snapshot);
        const target = broadcaster.to(rooms);
        return (target.except?.([withheld]) ?? target).emit(event, snapshot);
      },
    };
  };
}

function isNamespace(broadcaster: object): broadcaster is Namespace {
  const { name, sockets, adapter, server } = broadcaster as Partial<Namespace>;
  return typeof name === 'string' && sockets instanceof Map && adapter !== undefined && server !== undefined;
}
