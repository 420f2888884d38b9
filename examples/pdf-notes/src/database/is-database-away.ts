/** Of the network, and of PostgreSQL while it shuts down or starts. */
const CODES: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', '57P01', '57P02', '57P03']);

/** What `pg` says without a code, when a connection breaks or none can be had in time. */
const WORDS = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether an error says that the database cannot be reached now, rather than that something is wrong with a query. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some((each) => isDatabaseAway(each));
  return ('code' in error && CODES.has(error.code)) || WORDS.test(error.message);
}
