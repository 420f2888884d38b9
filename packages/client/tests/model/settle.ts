import { compareVersions, isFinal, withTerm, type AnyJobSnapshot } from '@notes/job-events-protocol';
import { endOf, type Application } from './application.js';
import type { World } from './world.js';

/** What ended longer ago may have left the lists. */
const RETAINED_MS = 9 * 60_000;

/** Every fault is over but what becomes of WebSockets; what is followed must soon look as it does on the server. */
export async function settle(world: World): Promise<void> {
  const { server, applications, page, witness } = world;
  world.heal();
  server.wake();
  for (const application of applications) if (application.isAway || application !== page) application.connect();
  for (let second = 0; applications.some(({ client }) => !client.isConnected) && second < 60; second++) await server.advance('1s');
  for (const { client } of applications) if (!client.isConnected) witness.accuse('no connection although the server is reachable', client.state);
  // A connection that is dead without anybody's knowing takes a sync, its time-out and a new attempt. With no unfinished
  // job a sync comes every 72 s at the latest, and the first may be the one that is refused.
  await server.advance('200s');
  for (const application of applications) judge(application);
}

function judge(application: Application): void {
  const { client, world } = application;
  const { server, witness, jobIds } = world;
  if (world.isGuest || world.hasMany) return;
  const followsUser = application.isFollowed(world.user);
  for (const jobId of followsUser ? jobIds : jobIds.filter((id) => application.isFollowed(id))) {
    const stored = server.job(jobId);
    if (!stored || (isFinal(stored.status) && server.clock.now() - Date.parse(stored.timestamp) >= RETAINED_MS)) continue;
    const seen = client.getJob(jobId) as AnyJobSnapshot | undefined;
    // For a job that has ended nothing is sent, unless its user's jobs are followed too: that it was begun anew can then
    // be learnt from an event only, and that was lost.
    if (!followsUser && seen && isFinal(seen.status) && seen.version[0] < stored.version[0]) continue;
    if (!isSame(seen, stored)) witness.accuse('a client shows something else than the server', `${jobId} ${seen?.status} ${seen?.version} for ${stored.status} ${stored.version}`);
    if (!isFinal(stored.status)) continue;
    for (const audience of client.isTracked(jobId) ? ['all', 'tracked'] : ['all'])
      if (!application.told.has(endOf(audience, stored))) witness.accuse('the end that stands was not told', endOf(audience, stored));
  }
}

const isSame = (seen: AnyJobSnapshot | undefined, stored: AnyJobSnapshot): boolean =>
  seen?.status === stored.status && compareVersions(withTerm(seen.version, 0), withTerm(stored.version, 0)) === 0 && seen.progress >= stored.progress;
