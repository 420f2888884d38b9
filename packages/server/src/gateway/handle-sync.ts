import { compareVersions, type AnyJobSnapshot, type JobVersion, type SyncAnswer } from '@notes/job-events-protocol';
import { AnswerBudget } from '../access/answer-budget.js';
import { foreignAmong } from '../access/foreign-jobs.js';
import type { Identity } from '../access/identity.js';
import { isNotThere, type Sight } from '../access/job-access.js';
import { decodeCursor, encodeCursor } from '../access/list-cursor.js';
import type { ClientEventHandler, GatewayServices } from './client-event-handler.js';
import { readRequest } from './read-requests.js';
import type { SocketSession } from './socket-session.js';
import { isWithheld } from './withheld-jobs.js';

/**
 * Compares what the client knows with what stands. A live event that got lost leaves no gap where it was the last
 * one, so this is what makes every view right in the end; and it is where a permission that was taken away is noticed.
 */
export const handleSync: ClientEventHandler<SyncAnswer> = async (services, session, payload) => {
  const request = readRequest.sync(payload);
  const known = new Map(request.jobs.map(({ jobId, version }) => [jobId, version]));
  const jobIds = [...new Set([...known.keys(), ...session.owedJobIds, ...session.jobRooms.keys()])];
  session.budget.takeReads(jobIds.length + session.subscribedUserIds.length);
  const seen = await lookAtJobs(services, session, jobIds);
  const moved = await followOwners(services, session, seen);
  services.reauthorization.watch(session);
  // What happened before the new room was joined.
  for (const [jobId, sight] of await lookAtJobs(services, session, moved)) seen.set(jobId, sight);

  const answer = new AnswerBudget();
  const isBehind = (job: AnyJobSnapshot): boolean => isClientBehind(known.get(job.jobId), job);
  const allFitted = addJobs(session, known.keys(), seen, answer, isBehind);
  const own = await readOwnJobs(services, session, request.cursor, answer, isBehind);
  return {
    snapshots: answer.snapshots,
    unknown: [...known.keys()].filter((jobId) => isNotThere(seen.get(jobId)!)),
    ...own,
    ...foreignAmong(answer.snapshots, [...seen.values()].map((sight) => (sight.kind === 'seen' ? sight.record : undefined)), [session.identity.userId, ...session.subscribedUserIds]),
    ...(!allFitted && { more: true }),
  };
};

/** A job that was revoked from the user is not seen by id either, unless it is the user's own. */
async function lookAtJobs<I extends Identity>(
  { access, withheld, foreignRooms }: GatewayServices<I>,
  session: SocketSession<I>,
  jobIds: readonly string[],
): Promise<Map<string, Sight>> {
  const { identity, socket } = session;
  const since = withheld.count;
  const sights = await access.look(identity, jobIds);
  const seen = new Map(jobIds.map((jobId, index) => [jobId, sights[index]!]));
  for (const [jobId, sight] of seen) {
    if (session.watchesOtherUsers) await foreignRooms.settle(session, jobId, sight);
    if (sight.kind !== 'seen' || !isWithheld(socket, jobId)) continue;
    if (sight.record.userId === identity.userId) await withheld.allow(socket, identity.userId, jobId, since);
    else seen.set(jobId, { kind: 'refused', owner: sight.record.userId });
  }
  return seen;
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
  seen: ReadonlyMap<string, Sight>,
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
  if (cursor === undefined || !session.isSubscribedToOwnJobs) return {};
  const reading = await session.budget.readList((onRead) => lists.read(userId, decodeCursor(cursor), answer, isBehind, onRead));
  return { cursor: encodeCursor(reading.cursor), ...(reading.more && { more: true }) };
}

/**
 * Leaves what is refused now, and goes on with the new owner where a job has one. Returns the jobs that have. Where nobody
 * knows, because `authorize` failed, what was allowed before stays.
 */
async function followOwners<I extends Identity>(
  { access }: GatewayServices<I>,
  session: SocketSession<I>,
  seen: ReadonlyMap<string, Sight>,
): Promise<string[]> {
  const moved: string[] = [];
  for (const [jobId, rooms] of session.jobRooms) {
    const sight = seen.get(jobId);
    if (sight?.kind === 'refused') await session.leave({ jobId });
    else if (sight?.kind === 'seen' && (await session.follow({ userId: sight.record.userId, jobId }, rooms))) moved.push(jobId);
  }
  for (const userId of session.subscribedUserIds)
    if (!(await access.mayWatchUser(session.identity, userId).catch(() => true))) await session.leave({ userId });
  return moved;
}
