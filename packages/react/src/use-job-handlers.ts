import type { HandlerOptions, JobHandlers } from '@notes/job-events-client';
import { useEffect, useInsertionEffect, useRef } from 'react';

import type { HookScope } from './job-events-context.js';
import { mentionUntrackedEnd } from './mention-untracked-end.js';
import type { UntypedClient } from './untyped.js';

type AnyHandlers = Parameters<UntypedClient['on']>[0];
/** Handlers by name: a function, or functions by the type of job. What else is among the options is no handler. */
type Named = Readonly<Record<string, unknown>>;

/**
 * Calls the handlers of the latest render. Registered once per user, however often the functions change; anew only when
 * there are others than before, because an end is kept for whoever listens for it.
 */
export function useJobHandlers<J>(
  { session, userId }: HookScope,
  handlers: JobHandlers<J>,
  callbacks: HandlerOptions['callbacks'] = 'tracked',
): void {
  const latest = useRef<Named>(handlers as Named);
  useInsertionEffect(() => {
    latest.current = handlers as Named;
  });

  const names = namesIn(handlers as Named).join('\n');
  useEffect(() => {
    if (userId === null || names === '') return undefined;
    if (process.env.NODE_ENV !== 'production' && callbacks === 'tracked' && names.includes('onJobCompleted'))
      mentionUntrackedEnd(session);
    return session.client.on(delegates(names.split('\n'), latest), { callbacks });
  }, [session, userId, callbacks, names]);
}

/** Such as `onJobError`, and `onJobCompleted.pdf-notes` where there is a function for each type of job. */
function namesIn(handlers: Named, prefix = ''): string[] {
  return Object.entries(handlers).flatMap(([name, handler]) => {
    if (typeof handler === 'function') return prefix + name;
    return handler && typeof handler === 'object' ? namesIn(handler as Named, `${name}.`) : [];
  });
}

function delegates(names: readonly string[], latest: { readonly current: Named }): AnyHandlers {
  const handlers: Record<string, unknown> = {};
  for (const path of names) {
    const [name = '', type] = path.split(/\.(.*)/s);
    const call = (...args: readonly unknown[]) => {
      const handler = latest.current[name];
      ((type === undefined ? handler : (handler as Named)[type]) as typeof call)(...args);
    };
    handlers[name] = type === undefined ? call : { ...(handlers[name] as object), [type]: call };
  }
  return handlers;
}
