import type { UserSession } from './user-session.js';

const watched = new WeakSet<UserSession>();

/**
 * For development: says once on the console that the server does not let this user's jobs be followed, which looks like
 * a user without jobs.
 */
export function mentionRefusal(session: UserSession): void {
  if (watched.has(session)) return;
  watched.add(session);
  const stop = session.client.on({
    onSubscriptionError({ code, message }, subscription) {
      if (!('userId' in subscription)) return;
      stop();
      // oxlint-disable-next-line no-console -- for the developer at the browser, who has no logger there
      console.info(
        `useJobWebSocket: the jobs of user '${subscription.userId}' cannot be followed, ${code}: ${message} userId has to be ` +
          `the one that the server's authenticate returns for whoever is signed in. This is said once; onSubscriptionError hears of each.`,
      );
    },
  });
}
