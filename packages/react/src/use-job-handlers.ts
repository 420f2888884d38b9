import type { HandlerOptions, JobHandlers } from '@notes/job-events-client';
import { useEffect, useInsertionEffect, useRef } from 'react';

import type { HookScope } from './job-events-context.js';
import { mentionRefusal } from './mention-refusal.js';
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

  const shape = JSON.stringify(shapeOf(handlers as Named));
  useEffect(() => {
    if (userId === null) return undefined;
    if (process.env.NODE_ENV !== 'production') {
      mentionRefusal(session);
      if (callbacks === 'tracked' && shape.includes('onJobCompleted')) mentionUntrackedEnd(session);
    }
    // Also while the client is calling others, one of which may have had the component removed.
    let isMounted = true;
    const stop = session.client.on(delegates(JSON.parse(shape), () => (isMounted ? latest.current : undefined)), { callbacks });
    return () => {
      isMounted = false;
      stop();
    };
  }, [session, userId, callbacks, shape]);
}

/** Stands for a function where only its presence counts. */
const IS_HANDLER = 1;

/** Which functions are there; nothing else of the options, which may hold anything. */
function shapeOf(handlers: Named, isMap = false): Named {
  const shape: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(handlers))
    if (typeof value === 'function') shape[name] = IS_HANDLER;
    else if (!isMap && name === 'onJobCompleted' && value) shape[name] = shapeOf(value as Named, true);
  return shape;
}

/** Handlers of the given shape that call what `read` has at that moment. */
function delegates(shape: Named, read: () => Named | undefined): AnyHandlers {
  const handlers: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(shape)) {
    if (value === IS_HANDLER) handlers[name] = (...args: unknown[]) => (read()?.[name] as ((...args: unknown[]) => unknown) | undefined)?.(...args);
    else if (typeof value === 'object' && value) handlers[name] = delegates(value as Named, () => read()?.[name] as Named | undefined);
  }
  return handlers;
}
