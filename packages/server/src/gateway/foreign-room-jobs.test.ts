import { withheldRoom } from '@notes/job-events-protocol';
import { expect, test } from 'vitest';
import type { Identity } from '../access/identity.js';
import type { Sight } from '../access/job-access.js';
import { RequestFaults } from '../access/request-faults.js';
import { ManualTiming } from '../testing/manual-timing.js';
import { ForeignRoomJobs } from './foreign-room-jobs.js';
import type { SocketSession } from './socket-session.js';

test('a socket keeps a bounded number of denied jobs, however many come and go in the room that it watches', async () => {
  const rooms = new Set<string>();
  const socket = { rooms, join: (room: string) => void rooms.add(room), leave: (room: string) => void rooms.delete(room), onAnyOutgoing: () => undefined };
  const session = { socket, identity: { userId: 'carol' }, watchesOtherUsers: true } as unknown as SocketSession<Identity>;
  const foreignRooms = new ForeignRoomJobs<Identity>({
    access: { look: async (_identity, jobIds) => jobIds.map((): Sight => ({ kind: 'refused', owner: 'ann' })) },
    withheld: { has: (_userId, jobId) => jobId === 'revoked' },
    faults: new RequestFaults({ timing: new ManualTiming(), onError: () => undefined }),
    mostDenied: 3,
  });
  for (const jobId of ['revoked', 'a', 'b', 'c', 'd', 'e']) await foreignRooms.decide(session, [jobId]);
  expect([...rooms]).toEqual(['revoked', 'c', 'd', 'e'].map(withheldRoom));
});
