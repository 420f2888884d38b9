import { JobEventsServerError } from '../server-errors.js';
import type { RedisConnection } from './redis-connection.js';
import { toEntries, type StreamEntry } from './stream-entry.js';

/**
 * Claims a stream for one prefix. A stream belongs to the prefix that its oldest entry names; an empty one gets an entry
 * without messages. Another prefix on the same stream is another application: its users would receive the events of this
 * one. There is no key beside the stream: a claim is lost only together with what it protects, and each reader leaves out
 * what names another prefix.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` where the stream belongs to another prefix.
 */
export async function claimStream(connection: RedisConnection, stream: string, keyPrefix: string): Promise<void> {
  const oldestEntry = async (): Promise<StreamEntry | undefined> => toEntries(await connection.command('XRANGE', stream, '-', '+', 'COUNT', '1'))[0];
  if ((await oldestEntry()) === undefined) await connection.command('XADD', stream, '*', 'prefix', keyPrefix);
  const owner = (await oldestEntry())?.fields['prefix'];
  if (owner !== undefined && owner !== keyPrefix) throw streamConflict(stream, owner, keyPrefix);
}

export const streamConflict = (stream: string, owner: string, keyPrefix: string): JobEventsServerError =>
  new JobEventsServerError(
    'INVALID_OPTIONS',
    `The stream '${stream}' carries the events of the keyPrefix '${owner}', and this wiring has '${keyPrefix}'. Leave stream out, give another, or use the same keyPrefix. If no application uses '${owner}' any more, delete the stream.`,
  );
