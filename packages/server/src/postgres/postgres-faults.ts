import { messageOf } from '../store/message-of.js';

/** No connection of a pool was free in time. Says nothing about the server. */
export class PoolExhaustedError extends Error {
  constructor(max: number, waitedMs: number) {
    super(`None of the ${max} connections of the pool was free within ${waitedMs} ms. Give the pool more connections, or give job-events a pool of its own with url.`);
  }
}

/** The server takes reads only: a replica, or a primary that has been demoted. */
export class ReadOnlyServerError extends Error {
  readonly code = '25006';

  constructor() {
    super('The server takes no writes: it is a replica, or a primary that was demoted.');
  }
}

/** Classes and codes of SQLSTATE that speak of the connection or the server, not of the statement. */
const OF_THE_CONNECTION = /^(08...|57P0[1-5]|25006|53300)$/;
/** What `pg` says without a code. */
const SAID_BY_PG = /^(Query read timeout|Connection terminated|timeout expired|Client has encountered a connection error|Client was closed)/;

/** Whether an error means that its connection, and those opened before it, had better be left. */
export function isConnectionFault(error: unknown): boolean {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof syscall === 'string') return true;
  if (typeof code === 'string' && (OF_THE_CONNECTION.test(code) || /^(E[A-Z]+|ERR_(STREAM|SOCKET)_.*)$/.test(code))) return true;
  return error instanceof Error && SAID_BY_PG.test(error.message);
}

/** The session has a stricter isolation than READ COMMITTED, and another changed the same rows. Nothing was done. */
export const isSerializationFailure = (error: unknown): boolean => (error as { code?: unknown }).code === '40001';

/** PgBouncer and other poolers take only the startup parameters that they know. */
export const refusesStartupParameter = (error: unknown): boolean => /unsupported startup parameter/i.test(messageOf(error));
