const USER = 'user:';
const JOB = 'job:';

/** The rooms of the `/jobs` namespace (specification, section 2.3). Clients never see their names. */
export const userRoom = (userId: string): string => `${USER}${userId}`;

/** A job of one owner: an id may change hands when the store forgets the job that had it. */
export interface JobOfOwner {
  readonly userId: string;
  readonly jobId: string;
}

/** The length of the owner's id says where the job's id begins, so no two jobs share a room, whatever their ids contain. */
export const jobRoom = ({ userId, jobId }: JobOfOwner): string => `${JOB}${userId.length}:${userId}${jobId}`;

/** The user whose room this is; `undefined` for another room. */
export const userOfRoom = (room: string): string | undefined => (room.startsWith(USER) ? room.slice(USER.length) : undefined);

/** The job whose room this is; `undefined` for another room. */
export function jobOfRoom(room: string): JobOfOwner | undefined {
  const [prefix = '', length = ''] = /^job:(\d+):/.exec(room) ?? [];
  if (prefix === '') return undefined;
  const end = prefix.length + Number(length);
  return { userId: room.slice(prefix.length, end), jobId: room.slice(end) };
}

/** Sockets that a job was revoked from: its events leave them out, whichever room they would come through. */
export const withheldRoom = (jobId: string): string => `withheld:${jobId}`;
