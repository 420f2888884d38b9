import type { SubscribeAnswer, Subscription } from '@notes/job-events-protocol';
import { AnswerBudget } from '../access/answer-budget.js';
import type { UserJobList } from '../access/user-job-list.js';
import { foreignAmong } from '../access/foreign-jobs.js';
import type { Identity } from '../access/identity.js';
import type { Sight } from '../access/job-access.js';
import { encodeCursor } from '../access/list-cursor.js';
import { jobNotFound, tryAgain, WireFault } from '../access/wire-fault.js';
import type { JobRecord } from '../store/job-record.js';
import type { ForeignRoomJobs } from './foreign-room-jobs.js';
import type { ClientEventHandler, GatewayServices } from './client-event-handler.js';
import { readRequest, type NamedSubscriptions } from './read-requests.js';
import { keyOf, roomOf, type AllowedSubscription, type SocketSession } from './socket-session.js';

/** Before the room is joined, and after. */
const READINGS_OF_A_JOB = 2;

/**
 * First who may, then into the rooms, and only then the states out of the store: what happens after the reading comes
 * live, and what happens before it is in the reading.
 */
export const handleSubscribe: ClientEventHandler<SubscribeAnswer> = async (services, session, payload) => {
  const named = readRequest.subscriptions(payload, services.limits.batchSize);
  session.budget.takeReads(named.subscriptions.reduce((cost, subscription) => cost + ('jobId' in subscription ? READINGS_OF_A_JOB : 1), 0));
  const asked = { ...named, withheldBefore: services.withheld.count };
  return session.whileWanted(named.subscriptions.map(keyOf), (wanted) => subscribe(services, session, asked, wanted));
};

async function subscribe<I extends Identity>(
  services: GatewayServices<I>,
  session: SocketSession<I>,
  { batch, subscriptions, withheldBefore }: NamedSubscriptions & { readonly withheldBefore: number },
  wanted: ReadonlySet<string>,
): Promise<SubscribeAnswer> {
  const { rejected, allowed } = await decide(services, session, subscriptions);
  const accepted = (): AllowedSubscription[] => allowed.filter(({ subscription }) => !rejected.has(subscription));
  const rejectOverLimit = (): void => {
    for (const [subscription, fault] of overLimit(session, accepted(), services.limits.subscriptionsPerSocket)) rejected.set(subscription, fault);
  };
  rejectOverLimit();
  // What may not be shown of another user's jobs is withheld before the first event can come.
  for (const userId of otherUsersOf(session, accepted())) await listOtherUsersJobs(services, session, userId, new AnswerBudget());
  // Other subscribes of the socket may have joined rooms meanwhile.
  rejectOverLimit();
  const subscribedBefore = session.subscribedKeys;
  await session.join(accepted().filter(({ subscription }) => wanted.has(keyOf(subscription))));
  services.reauthorization.watch(session);

  const answer = new AnswerBudget();
  const { records, vanished } = await addJobs(services, session, { accepted: accepted(), subscribedBefore, withheldBefore }, answer);
  for (const [subscription, fault] of vanished) rejected.set(subscription, fault);
  const [fault] = rejected.values();
  if (!batch && fault !== undefined) throw fault;
  const own = await addUsersJobs(services, session, accepted(), answer);
  return {
    snapshots: answer.snapshots,
    ...own,
    ...foreignAmong(answer.snapshots, records, [session.identity.userId, ...session.subscribedUserIds]),
    ...(session.owedJobIds.size > 0 && { more: true }),
    ...(rejected.size > 0 && {
      rejected: [...rejected].map(([subscription, error]) => ({ subscription, error: error.toWireError() })),
    }),
  };
}

type Rejections = Map<Subscription, WireFault>;

async function decide<I extends Identity>(
  { access }: GatewayServices<I>,
  { identity }: SocketSession<I>,
  subscriptions: readonly Subscription[],
): Promise<{ rejected: Rejections; allowed: readonly AllowedSubscription[] }> {
  const rejected: Rejections = new Map();
  const jobs = subscriptions.filter((subscription) => 'jobId' in subscription);
  const sights = await access.look(identity, jobs.map(({ jobId }) => jobId));
  const owners = new Map<Subscription, string>();
  for (const [index, subscription] of jobs.entries()) {
    const sight = sights[index]!;
    if (sight.kind === 'seen') owners.set(subscription, sight.record.userId);
    else rejected.set(subscription, faultOf(sight));
  }
  for (const subscription of subscriptions) {
    if ('jobId' in subscription) continue;
    try {
      if (await access.mayWatchUser(identity, subscription.userId)) owners.set(subscription, subscription.userId);
      else rejected.set(subscription, new WireFault('FORBIDDEN', 'These jobs are not yours to watch.'));
    } catch (error) {
      rejected.set(subscription, error instanceof WireFault ? error : tryAgain(error));
    }
  }
  const allowed = subscriptions.flatMap((subscription) => {
    const owner = owners.get(subscription);
    return owner === undefined ? [] : { subscription, owner };
  });
  return { rejected, allowed };
}

const faultOf = (sight: Sight): WireFault => (sight.kind === 'undecided' ? sight.fault : jobNotFound());

function overLimit(
  session: SocketSession<Identity>,
  allowed: readonly AllowedSubscription[],
  limit: number,
): [Subscription, WireFault][] {
  const subscribed = session.subscribedKeys;
  const added = allowed.filter(({ subscription }) => !subscribed.has(keyOf(subscription)));
  const room = Math.max(0, limit - subscribed.size);
  return added.slice(room).map(({ subscription }) => [
    subscription,
    new WireFault('LIMIT_EXCEEDED', `A socket may have at most ${limit} subscriptions.`),
  ]);
}

/**
 * Reads the jobs again, now that their rooms are joined. Returns what was read, and what has vanished since it was authorized: the client
 * asks again, as for every job that is not known yet. A job that has another owner now is another job. One that was revoked since the
 * subscribe began is not there, though `authorize` allowed it; one that `authorize` failed to decide about stays subscribed where it was before.
 */
async function addJobs<I extends Identity>(
  { access, withheld }: GatewayServices<I>,
  session: SocketSession<I>,
  { accepted, subscribedBefore, withheldBefore }: { readonly accepted: readonly AllowedSubscription[]; readonly subscribedBefore: ReadonlySet<string>; readonly withheldBefore: number },
  answer: AnswerBudget,
): Promise<{ readonly records: readonly JobRecord[]; readonly vanished: ReadonlyMap<Subscription, WireFault> }> {
  const jobs = accepted.flatMap(({ subscription, owner }) => ('jobId' in subscription ? { subscription, owner } : []));
  const sights = await access.look(session.identity, jobs.map(({ subscription }) => subscription.jobId));
  const rooms = session.jobRooms;
  const vanished = new Map<Subscription, WireFault>();
  for (const [index, { subscription, owner }] of jobs.entries()) {
    const sight = sights[index]!;
    const { userId } = session.identity;
    const isSeen = sight.kind === 'seen' && sight.record.userId === owner && ((await withheld.allow(session.socket, userId, subscription.jobId, withheldBefore)) || owner === userId);
    if (!isSeen) {
      vanished.set(subscription, faultOf(sight));
      if (sight.kind !== 'undecided' || !subscribedBefore.has(keyOf(subscription))) await session.socket.leave(roomOf({ subscription, owner }));
    } else {
      await session.follow({ userId: owner, jobId: subscription.jobId }, rooms.get(subscription.jobId));
      if (!answer.add(sight.record.snapshot)) session.owedJobIds.add(subscription.jobId);
    }
  }
  return { records: sights.flatMap((sight) => (sight.kind === 'seen' ? sight.record : [])), vanished };
}

/** The cursor is that of the socket's own user; of other people's jobs a socket may watch, the first page is all. */
async function addUsersJobs<I extends Identity>(
  services: GatewayServices<I>,
  session: SocketSession<I>,
  accepted: readonly AllowedSubscription[],
  answer: AnswerBudget,
): Promise<{ cursor?: string; more?: true }> {
  for (const userId of otherUsersOf(session, accepted)) await listOtherUsersJobs(services, session, userId, answer);
  const { userId } = session.identity;
  if (!accepted.some(({ subscription }) => 'userId' in subscription && subscription.userId === userId)) return {};
  const { cursor, more } = await session.budget.readList((onRead) => services.lists.read(userId, undefined, answer, undefined, onRead));
  return { cursor: encodeCursor(cursor), ...(more && { more }) };
}

const otherUsersOf = ({ identity }: SocketSession<Identity>, accepted: readonly AllowedSubscription[]): string[] =>
  accepted.flatMap(({ subscription }) => ('userId' in subscription && subscription.userId !== identity.userId ? subscription.userId : []));

/** The first page of them; of these, what `authorize` allows by its id. */
async function listOtherUsersJobs<I extends Identity>(
  { lists, foreignRooms }: { readonly lists: UserJobList; readonly foreignRooms: ForeignRoomJobs<I> },
  session: SocketSession<I>,
  userId: string,
  answer: AnswerBudget,
): Promise<void> {
  const page = new AnswerBudget();
  await session.budget.readList((onRead) => lists.read(userId, undefined, page, undefined, onRead));
  await foreignRooms.decide(session, page.snapshots.map(({ jobId }) => jobId));
  for (const job of page.snapshots) if (foreignRooms.isAllowed(session, job.jobId)) answer.add(job);
}
