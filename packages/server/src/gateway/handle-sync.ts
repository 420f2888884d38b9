import { compareVersions, type AnyJobSnapshot, type JobVersion, type SyncAnswer } from '@notes/job-events-protocol';
import { AnswerBudget } from '../access/answer-budget.js';
import type { Identity } from '../access/identity.js';
import type { Sight } from '../access/job-access.js';
import { decodeCursor, encodeCursor } from '../access/list-cursor.js';
import type { ClientEventHandler, GatewayServices } from './client-event-handler.js';
import { readRequest } from './read-requests.js';
import { roomOf, type SocketSession } from './socket-session.js';
import { isWithheld } from './withheld-jobs.js';

/**
 * Compares what the client knows with what stands. A live event that got lost leaves no gap where it was the last
 * one, so this is what makes every view right in the end; and it is where a permission that was taken away is noticed.
 */
export const handleSync: ClientEventHandler<SyncAnswer> = async (services, session, payload) => {
  const request = readRequest.sync(payload);
  const known = new Map(request.jobs.map(({ jobId, version }) => [jobId, version]));
  const jobIds = [...new Set([...known.keys(), ...session.owedJobIds, ...session.subscribedJobIds])];
  session.budget.takeReads(jobIds.length + session.subscribedUserIds.length);
  const sights = await sightsOf(services, session, jobIds);
  const seen: ReadonlyMap<string, Sight | undefined> = new Map(jobIds.map((jobId, index) => [jobId, sights[index]]));
  await leaveWhatIsRefused(services, session, seen);

  const answer = new AnswerBudget();
  const isBehind = (job: AnyJobSnapshot): boolean => isClientBehind(known.get(job.jobId), job);
  const allFitted = addJobs(session, known.keys(), seen, answer, isBehind);
  const own = await readOwnJobs(services, session, request.cursor, answer, isBehind);
  return {
    snapshots: answer.snapshots,
    unknown: [...known.keys()].filter((jobId) => seen.get(jobId)?.kind !== 'seen'),
    ...own,
    ...(!allFitted && { more: true }),
  };
};

/** A job that was revoked from the user is not seen by id either, unless it is the user's own. */
async function sightsOf<I extends Identity>({ access, withheld }: GatewayServices<I>, session: SocketSession<I>, jobIds: readonly string[]): Promise<readonly Sight[]> {
  const { identity, socket } = session;
  const since = withheld.count;
  const sights = await access.look(identity, jobIds);
  return Promise.all(
    sights.map(async (sight): Promise<Sight> => {
      if (sight.kind !== 'seen' || !isWithheld(socket, sight.record.snapshot.jobId)) return sight;
      if (sight.record.userId !== identity.userId) return { kind: 'refused' };
      await withheld.allow(socket, identity.userId, sight.record.snapshot.jobId, since);
      return sight;
    }),
  );
}

/** Beyond it, the client's own list of unfinished jobs brings what did not fit. */
const MOST_OWED = 500;

function isClientBehind(version: JobVersion | undefined, job: AnyJobSnapshot): boolean {
  if (version === undefined) return true;
  const order = compareVersions(job.version, version);
  // That somebody asked for a cancel, or that the run is silent, has no place in the version; it is repeated while it lasts.
  return order > 0 || ((job.cancelRequested === true || job.stalled === true) && order === 0);
}

/** Returns `false` where not everything fitted: the next `sync` brings the rest, whichever jobs it names. */
function addJobs(
  session: SocketSession<Identity>,
  knownIds: Iterable<string>,
  seen: ReadonlyMap<string, Sight | undefined>,
  answer: AnswerBudget,
  isBehind: (job: AnyJobSnapshot) => boolean,
): boolean {
  let allFitted = true;
  const { owedJobIds } = session;
  for (const jobId of new Set([...knownIds, ...owedJobIds])) {
    const sight = seen.get(jobId);
    const fits = sight?.kind !== 'seen' || !isBehind(sight.record.snapshot) || answer.add(sight.record.snapshot);
    if (fits) owedJobIds.delete(jobId);
    else if (owedJobIds.size < MOST_OWED) owedJobIds.add(jobId);
    if (!fits) allFitted = false;
  }
  return allFitted;
}

async function readOwnJobs<I extends Identity>(
  { lists }: GatewayServices<I>,
  session: SocketSession<I>,
  cursor: string | undefined,
  answer: AnswerBudget,
  isBehind: (job: AnyJobSnapshot) => boolean,
): Promise<{ cursor?: string; more?: true }> {
  const { userId } = session.identity;
  if (cursor === undefined || !session.isSubscribed({ userId })) return {};
  const reading = await session.budget.readList((isWanted) => lists.read(userId, decodeCursor(cursor), answer, isWanted), isBehind);
  return { cursor: encodeCursor(reading.cursor), ...(reading.more && { more: true }) };
}

async function leaveWhatIsRefused<I extends Identity>(
  { access }: GatewayServices<I>,
  session: SocketSession<I>,
  seen: ReadonlyMap<string, Sight | undefined>,
): Promise<void> {
  for (const jobId of session.subscribedJobIds)
    if (seen.get(jobId)?.kind === 'refused') await session.socket.leave(roomOf({ jobId }));
  for (const userId of session.subscribedUserIds)
    if (!(await access.mayWatchUser(session.identity, userId))) await session.socket.leave(roomOf({ userId }));
}
