import type { AnyJobSnapshot, UntypedJob } from '@notes/job-events-protocol';
import type { EndContext, HandlerOptions, JobHandlers } from '../job-handlers.js';

/** Handlers as they are kept: which jobs they were typed for is known to the caller alone. */
export type AnyHandlers = JobHandlers<UntypedJob>;

/** Those who hear of every job, and those who hear only of tracked ones. Each is told of an end once. */
export type Audience = NonNullable<HandlerOptions['callbacks']>;

type SimpleHandler = Exclude<keyof AnyHandlers, 'onJobCompleted'>;

/** Those who listen. A handler that throws, or whose promise rejects, keeps nobody else from being called. */
export interface HandlerSet {
  add(handlers: AnyHandlers, options: HandlerOptions): () => void;
  clear(): void;
  /** Calls the handlers of one name, whatever callbacks they asked for. */
  emit<Name extends SimpleHandler>(name: Name, ...args: Parameters<NonNullable<AnyHandlers[Name]>>): void;
  /** Tells an audience of an end. Calls `mark` before the first handler, and not at all where there is none. */
  tellEnd(audience: Audience, job: AnyJobSnapshot, context: EndContext, mark: () => void): void;
}

export function createHandlerSet(onError: (error: unknown) => void): HandlerSet {
  /** Replaced, never changed, so that handlers may come and go while others are being called. */
  let registrations: readonly (readonly [handlers: AnyHandlers, audience: Audience])[] = [];

  function call(name: keyof AnyHandlers, args: readonly any[], audience?: Audience, mark?: () => void): void {
    for (const [handlers, theirs] of registrations) {
      let handler: any = handlers[name];
      // A map by type; the job comes second.
      if (typeof handler === 'object') handler = handler?.[args[1]?.type];
      if (!handler || (audience && audience !== theirs)) continue;
      mark?.();
      mark = undefined;
      try {
        // Nobody waits for it, but what becomes of it must not be lost.
        Promise.resolve(handler(...args)).catch(onError);
      } catch (error) {
        onError(error);
      }
    }
  }

  return {
    add(handlers, { callbacks = 'all' }) {
      const registration = [handlers, callbacks] as const;
      registrations = [...registrations, registration];
      return () => {
        registrations = registrations.filter((other) => other !== registration);
      };
    },
    clear() {
      registrations = [];
    },
    emit: (name, ...args) => call(name, args),
    tellEnd(audience, job, context, mark) {
      const { status, result, error } = job;
      if (status === 'completed') call('onJobCompleted', [result, job, context], audience, mark);
      else if (status === 'cancelled') call('onJobCancelled', [job, context], audience, mark);
      else call(status === 'failed' ? 'onJobError' : 'onJobRetrying', [error, job, context], audience, mark);
    },
  };
}
