import type { HandlerOptions, JobHandlers } from '@notes/job-events-client';
import { useEffect, useInsertionEffect, useRef } from 'react';

import type { HookScope } from './job-events-context.js';
import type { UntypedClient } from './untyped.js';

type UntypedHandlers = Parameters<UntypedClient['on']>[0];

/** Calls the handlers of the latest render. Registered once per user, however often the functions change. */
export function useJobHandlers<J>(
  { session, userId }: HookScope,
  handlers: JobHandlers<J>,
  callbacks: HandlerOptions['callbacks'] = 'tracked',
): void {
  const latest = useRef(handlers);
  useInsertionEffect(() => {
    latest.current = handlers;
  });

  useEffect(() => {
    if (userId === null) return undefined;
    return session.client.on(delegating(latest) as UntypedHandlers, { callbacks });
  }, [session, userId, callbacks]);
}

function delegating<J>(latest: { readonly current: JobHandlers<J> }): JobHandlers<J> {
  return {
    onJobProgress: (job) => latest.current.onJobProgress?.(job),
    onJobCompleted: (result, job, context) => {
      const handler = latest.current.onJobCompleted;
      const ofType = typeof handler === 'function' ? handler : handler?.[job.type as keyof typeof handler];
      (ofType as ((...completed: unknown[]) => void) | undefined)?.(result, job, context);
    },
    onJobError: (error, job, context) => latest.current.onJobError?.(error, job, context),
    onJobRetrying: (error, job) => latest.current.onJobRetrying?.(error, job),
    onJobCancelled: (job, context) => latest.current.onJobCancelled?.(job, context),
    onSubscriptionError: (error, subscription) => latest.current.onSubscriptionError?.(error, subscription),
    onConnect: () => latest.current.onConnect?.(),
    onDisconnect: (reason) => latest.current.onDisconnect?.(reason),
    onStateChange: (state, previous, reason) => latest.current.onStateChange?.(state, previous, reason),
  };
}
