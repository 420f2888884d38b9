/** What an error says. An AggregateError, as of a refused connection to several addresses, has an empty message. Never throws. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
    return String(error instanceof Error ? error.message : error);
  } catch {
    return UNREADABLE;
  }
}

/** A getter that throws, a Proxy, an object without a prototype: anything may be thrown. */
const UNREADABLE = 'What was thrown cannot be read.';
