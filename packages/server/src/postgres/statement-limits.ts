import pg from 'pg';

/** How long a statement may take, in ms. */
export interface StatementLimits {
  /** In the server, all in all. */
  readonly statementMs: number;
  /** In the server, for each lock that it waits for. */
  readonly lockMs: number;
}

/**
 * A statement with its own time limits, as one text without parameters. It leaves nothing behind in the session, so it
 * works through a pooler in any mode, and in a pool that others use too. It names its isolation: in a database whose
 * default is a stricter one, statements that change the same rows would fail.
 */
export const withLimits = (text: string, values: readonly unknown[], { statementMs, lockMs }: StatementLimits): string =>
  `set transaction isolation level read committed; set local statement_timeout = ${statementMs}; set local lock_timeout = ${lockMs}; ${inline(text, values)}`;

const inline = (text: string, values: readonly unknown[]): string =>
  text.replace(/\$(\d+)/g, (_placeholder, place: string) => toLiteral(values[Number(place) - 1]));

function toLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number') return `(${value})`;
  if (typeof value === 'boolean') return `${value}`;
  return quote(Array.isArray(value) ? toArray(value) : asText(value));
}

/** Like a parameter, a quoted array takes its type from where it stands, also when it is empty. */
const toArray = (items: readonly unknown[]): string => `{${items.map(toItem).join(',')}}`;

const toItem = (item: unknown): string =>
  item === null || item === undefined ? 'null' : `"${asText(item).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

function asText(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  throw new TypeError(`A statement takes strings, numbers, booleans and arrays of these, not ${typeof value}.`);
}

function quote(text: string): string {
  // It would end the whole statement, where a parameter is refused by the server.
  if (text.includes('\u0000')) throw new TypeError('PostgreSQL takes no text with the character \\u0000 in it.');
  return pg.escapeLiteral(text);
}
