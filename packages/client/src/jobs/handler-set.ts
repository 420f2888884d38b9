import type { UntypedJob } from '@notes/job-events-protocol';
import type { EndContext, HandlerOptions, JobHandlers } from '../job-handlers.js';
import type { TellEnd } from './settle-once.js';

/** Handlers as they are kept: which jobs they were typed for is known to the caller alone. */
export interface AnyHandlers extends JobHandlers<UntypedJob> {
  /** What is shown has changed: how a store's listeners hear of it. */
  onChange?(): void;
}

/** Those who listen. A handler that throws keeps nobody else from being called. */
export interface HandlerSet {
  add(handlers: AnyHandlers, options: HandlerOptions): () => void;
  /** Calls the handlers of one name, whatever callbacks they asked for. */
  emit<Name extends SimpleHandler>(name: Name, ...args: Parameters<NonNullable<AnyHandlers[Name]>>): void;
  readonly tellEnd: TellEnd;
}

type SimpleHandler = Exclude<keyof AnyHandlers, 'onJobCompleted'>;

export function createHandlerSet(onError: (error: unknown) => void): HandlerSet {
  /** Replaced, never changed, so that handlers may come and go while others are being called. */
  let registrations: readonly { readonly handlers: AnyHandlers; readonly audience: string }[] = [];

  function run(call: () => void): void {
    try {
      call();
    } catch (error) {
      onError(error);
    }
  }

  return {
    add(handlers, { callbacks = 'all' }) {
      const registration = { handlers, audience: callbacks };
      registrations = [...registrations, registration];
      return () => {
        registrations = registrations.filter((other) => other !== registration);
      };
    },
    emit(name, ...args) {
      for (const { handlers } of registrations) {
        const handler = handlers[name] as ((...args: unknown[]) => void) | undefined;
        run(() => handler?.(...args));
      }
    },
    tellEnd(audience, job, context) {
      const calls = registrations
        .filter((registration) => registration.audience === audience)
        .flatMap(({ handlers }) => endHandler(handlers, job, context) ?? []);
      calls.forEach(run);
      return calls.length > 0;
    },
  };
}

/** The call that tells these handlers of an end; `undefined` where they do not listen for it. */
function endHandler(handlers: AnyHandlers, job: any, context: EndContext): (() => void) | undefined {
  const { onJobCompleted, onJobError, onJobRetrying, onJobCancelled } = handlers;
  switch (job.status) {
    case 'completed': {
      const handler = typeof onJobCompleted === 'function' ? onJobCompleted : onJobCompleted?.[job.type];
      return handler && (() => handler(job.result, job, context));
    }
    case 'failed':
      return onJobError && (() => onJobError(job.error, job, context));
    case 'retrying':
      return onJobRetrying && (() => onJobRetrying(job.error, job));
    default:
      return onJobCancelled && (() => onJobCancelled(job, context));
  }
}
