import { createHash } from 'node:crypto';
import { JobEventsServerError } from '../server-errors.js';
import type { PostgresClient } from './postgres-client.js';

/** PostgreSQL cuts longer names, so that two could become one. */
const MOST_BYTES = 63;

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** The channel of NOTIFY that follows from the tables of an application, `schema.prefix`: other tables, another channel. */
export function channelFor(tables: string): string {
  const name = `job_events:${tables}`;
  return Buffer.byteLength(name) <= MOST_BYTES ? name : `job_events:${hashOf(tables).toString('base64url')}`;
}

/** What the notifications of an application begin with, so that it takes no others. */
export const tagOf = (tables: string): string => hashOf(tables).toString('base64url').slice(0, 10);

export const channelConflict = (channel: string): JobEventsServerError =>
  new JobEventsServerError('INVALID_OPTIONS', `channel '${channel}' is in use with another tablePrefix or schema. Two applications on one channel would hear each other's events. Give each a channel of its own, or leave channel out: then it follows from tablePrefix.`);

/** The wirings of this process, by server and channel, with their tables. */
const wirings = new Map<string, string[]>();

/**
 * Takes a channel for the tables of an application, among the wirings of this process. Returns how to give it back.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` when it is in use with other tables
 */
export function claimInProcess(serverAddress: string, channel: string, tables: string): () => void {
  const key = `${serverAddress} ${channel}`;
  const holders = wirings.get(key) ?? [];
  if (holders.some((holder) => holder !== tables)) throw channelConflict(channel);
  wirings.set(key, [...holders, tables]);
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    const others = wirings.get(key)!.slice(1);
    if (others.length === 0) wirings.delete(key);
    else wirings.set(key, others);
  };
}

/**
 * Takes a channel for the tables of an application, among all processes that listen, for as long as this connection
 * lives: as a shared advisory lock, which waits for nobody and is seen by all.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` when it is in use with other tables
 */
export async function claimChannel(client: PostgresClient, channel: string, tables: string): Promise<void> {
  const [channelKey, tablesKey] = [keyOf(`job-events channel ${channel}`), keyOf(`job-events tables ${tables}`)];
  await client.query(`select pg_advisory_lock_shared(${channelKey}, ${tablesKey})`);
  const { rows } = await client.query(
    `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
       and classid = ${channelKey} and objid <> ${tablesKey} and objsubid = 2 limit 1`,
  );
  if (rows.length > 0) throw channelConflict(channel);
}

/** A positive `integer` of PostgreSQL. */
const keyOf = (text: string): number => hashOf(text).readUInt32BE(0) >>> 1;
