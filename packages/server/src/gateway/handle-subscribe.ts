import type { SubscribeAnswer, Subscription } from '@notes/job-events-protocol';
import { AnswerBudget } from '../access/answer-budget.js';
import type { Identity } from '../access/identity.js';
import { encodeCursor } from '../access/list-cursor.js';
import type { UserJobList } from '../access/user-job-list.js';
import { jobNotFound, WireFault } from '../access/wire-fault.js';
import type { ClientEventHandler, GatewayServices } from './client-event-handler.js';
import { readRequest, type NamedSubscriptions } from './read-requests.js';
import { roomOf, type SocketSession } from './socket-session.js';
import { isWithheld } from './withheld-jobs.js';

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
  return session.whileWanted(named.subscriptions.map(roomOf), (wanted) => subscribe(services, session, asked, wanted));
};

async function subscribe<I extends Identity>(
  services: GatewayServices<I>,
  session: SocketSession<I>,
  { batch, subscriptions, withheldBefore }: NamedSubscriptions & { readonly withheldBefore: number },
  wanted: ReadonlySet<string>,
): Promise<SubscribeAnswer> {
  const { rejected, foreign } = await decide(services, session, subscriptions);
  const accepted = () => subscriptions.filter((subscription) => !rejected.has(subscription));
  for (const [subscription, fault] of overLimit(session, accepted(), services.limits.subscriptionsPerSocket))
    rejected.set(subscription, fault);
  await session.socket.join(accepted().map(roomOf).filter((room) => wanted.has(room)));
  for (const subscription of accepted()) if (foreign.has(subscription)) session.grant(subscription);
  services.reauthorization.watch(session);

  const answer = new AnswerBudget();
  for (const subscription of await addJobs(services, session, accepted(), answer)) rejected.set(subscription, jobNotFound());
  for (const subscription of accepted())
    if ('jobId' in subscription) await services.withheld.allow(session.socket, session.identity.userId, subscription.jobId, withheldBefore);
  const [fault] = rejected.values();
  if (!batch && fault !== undefined) throw fault;
  const own = await addUsersJobs(services.lists, session, accepted(), answer);
  return {
    snapshots: answer.snapshots,
    ...own,
    ...(session.owedJobIds.size > 0 && { more: true }),
    ...(rejected.size > 0 && {
      rejected: [...rejected].map(([subscription, error]) => ({ subscription, error: error.toWireError() })),
    }),
  };
}

type Rejections = Map<Subscription, WireFault>;

/** `foreign` is what is not the user's own. */
async function decide<I extends Identity>(
  { access }: GatewayServices<I>,
  { identity }: SocketSession<I>,
  subscriptions: readonly Subscription[],
): Promise<{ rejected: Rejections; foreign: ReadonlySet<Subscription> }> {
  const rejected: Rejections = new Map();
  const jobs = subscriptions.filter((subscription) => 'jobId' in subscription);
  const records = await access.read(identity, jobs.map(({ jobId }) => jobId));
  for (const [index, subscription] of jobs.entries())
    if (records[index] === undefined) rejected.set(subscription, jobNotFound());
  const owners = new Map<Subscription, string | undefined>(jobs.map((subscription, index) => [subscription, records[index]?.userId]));
  for (const subscription of subscriptions)
    if ('userId' in subscription && !(await access.mayWatchUser(identity, subscription.userId)))
      rejected.set(subscription, new WireFault('FORBIDDEN', 'These jobs are not yours to watch.'));
  const ownerOf = (subscription: Subscription) => ('userId' in subscription ? subscription.userId : owners.get(subscription));
  return { rejected, foreign: new Set(subscriptions.filter((subscription) => ownerOf(subscription) !== identity.userId)) };
}

function overLimit(
  session: SocketSession<Identity>,
  accepted: readonly Subscription[],
  limit: number,
): [Subscription, WireFault][] {
  const added = accepted.filter((subscription) => !session.isSubscribed(subscription));
  const room = Math.max(0, limit - session.subscriptionCount);
  return added.slice(room).map((subscription) => [
    subscription,
    new WireFault('LIMIT_EXCEEDED', `A socket may have at most ${limit} subscriptions.`),
  ]);
}

/** Returns what has vanished since it was authorized. */
async function addJobs<I extends Identity>(
  { access }: GatewayServices<I>,
  session: SocketSession<I>,
  accepted: readonly Subscription[],
  answer: AnswerBudget,
): Promise<Subscription[]> {
  const jobs = accepted.filter((subscription) => 'jobId' in subscription);
  const records = await access.read(session.identity, jobs.map(({ jobId }) => jobId));
  const vanished = jobs.filter((_, index) => records[index] === undefined);
  for (const subscription of vanished) await session.socket.leave(roomOf(subscription));
  for (const record of records)
    if (record && !answer.add(record.snapshot)) session.owedJobIds.add(record.snapshot.jobId);
  return vanished;
}

/** The cursor is that of the socket's own user; of other people's jobs a socket may watch, the first page is all. */
async function addUsersJobs(
  lists: UserJobList,
  { identity, budget, socket }: SocketSession<Identity>,
  accepted: readonly Subscription[],
  answer: AnswerBudget,
): Promise<{ cursor?: string; more?: true }> {
  let own: { cursor?: string; more?: true } = {};
  for (const subscription of accepted) {
    if (!('userId' in subscription)) continue;
    const isOwn = subscription.userId === identity.userId;
    const { cursor, more } = await budget.readList(
      (isWanted) => lists.read(subscription.userId, undefined, answer, isWanted),
      ({ jobId }) => isOwn || !isWithheld(socket, jobId),
    );
    if (isOwn) own = { cursor: encodeCursor(cursor), ...(more && { more }) };
  }
  return own;
}
