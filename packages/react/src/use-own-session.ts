import { fixedOptionsThatChange, JobEventsError, LIVE_OPTIONS, WebSocketService, type ClientOptions } from '@notes/job-events-client';
import { useEffect, useInsertionEffect, useState } from 'react';

import { sessionOf, type UserSession } from './user-session.js';

/**
 * The session of a client with these options, made in the first render that has some, and closed when the component is
 * removed. While it is hidden, as in an `Activity`, the client is kept. Functions are those of the newest render; an option
 * that cannot change any more is reported as `INVALID_OPTIONS`.
 */
export function useOwnSession(options: ClientOptions | undefined): UserSession | undefined {
  const [own] = useState(createOwnClient);
  // Unlike other effects, it is undone only for another render, and where the component is removed.
  useInsertionEffect(() => own.renew(options));
  useEffect(() => own.show(options));
  return options && own.sessionFor(options);
}

/** One of a render that React discards makes a client that is never used, and leaves nothing behind. */
function createOwnClient() {
  /** The client keeps this very object, so that the newest functions count. */
  let kept: { -readonly [Name in keyof ClientOptions]: ClientOptions[Name] };
  let session: UserSession | undefined;
  let isShown = false;
  let isRemoved = false;
  const closeRemoved = () => void (isRemoved && session?.client.close());

  return {
    sessionFor: (options: ClientOptions) => (session ??= sessionOf(new WebSocketService((kept = { ...options })))),
    renew(options: ClientOptions | undefined) {
      if (options) for (const name of LIVE_OPTIONS) kept[name] = options[name] as any;
      isRemoved = false;
      return () => {
        isRemoved = true;
        if (!isShown) queueMicrotask(closeRemoved);
      };
    },
    show(options: ClientOptions | undefined) {
      isShown = true;
      const names = options ? fixedOptionsThatChange(kept, options).join(', ') : '';
      if (names) session!.report(new JobEventsError('INVALID_OPTIONS', `JobEventsProvider keeps its first ${names}. Another key makes a new client.`));
      return () => {
        isShown = false;
        // Before the effects of a provider in its place, which takes over what the tab remembers.
        closeRemoved();
      };
    },
  };
}
