import type { UserSession } from './user-session.js';

const mentioned = new WeakSet<UserSession>();

/** In ms. A user may be signed in meanwhile. */
const MENTION_AFTER = 5_000;

/**
 * For development: says once on the console that a component waits for a job of nobody, which looks like a slow server.
 * A provider inside of the Suspense boundary never follows its user, because React mounts it only after all below it.
 */
export function mentionNobodyFollowed(session: UserSession, jobId: string): void {
  if (mentioned.has(session)) return;
  mentioned.add(session);
  setTimeout(() => {
    if (session.userId() !== undefined) return void mentioned.delete(session);
    // oxlint-disable-next-line no-console -- for the developer at the browser, who has no logger there
    console.info(
      `useJobSuspense: job ${jobId} is waited for, but no user is followed. Give JobEventsProvider a userId, and put it outside of ` +
        'the Suspense boundary: React mounts nothing inside while a component there waits. This is said once.',
    );
  }, MENTION_AFTER);
}
