import type { UserSession } from './user-session.js';

interface Shared {
  readonly sessions: WeakMap<object, UserSession>;
  /** By the version of React. */
  readonly contexts: Record<string, unknown>;
}

/** On `globalThis`, because the ESM and the CommonJS build are two modules, and a provider of one serves hooks of the other. */
const KEY = Symbol.for('@notes/job-events-react');

export const shared = ((globalThis as { [KEY]?: Shared })[KEY] ??= { sessions: new WeakMap(), contexts: {} });
