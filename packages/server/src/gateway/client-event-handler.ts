import type { Authenticator } from '../access/authenticator.js';
import type { Identity } from '../access/identity.js';
import type { JobAccess } from '../access/job-access.js';
import type { GatewayLimits } from '../access/limits.js';
import type { UserJobList } from '../access/user-job-list.js';
import type { ForeignRoomJobs } from './foreign-room-jobs.js';
import type { Reauthorization } from './reauthorization.js';
import type { SocketSession } from './socket-session.js';
import type { WithheldJobs } from './withheld-jobs.js';

/** What a gateway is made with. */
export interface AccessServices<I extends Identity> {
  readonly access: JobAccess<I>;
  readonly lists: UserJobList;
  readonly authenticator: Authenticator<I>;
  readonly limits: GatewayLimits;
}

/** What the handlers of client events work with. */
export interface GatewayServices<I extends Identity> extends AccessServices<I> {
  readonly withheld: WithheldJobs;
  readonly foreignRooms: ForeignRoomJobs<I>;
  readonly reauthorization: Reauthorization<I>;
}

/**
 * Answers one client event. The payload is whatever came; its size and depth have been checked. What is thrown is
 * answered as an error, so a handler neither catches nor acknowledges anything.
 */
export type ClientEventHandler<Answer extends object> = <I extends Identity>(
  services: GatewayServices<I>,
  session: SocketSession<I>,
  payload: unknown,
) => Promise<Answer>;
