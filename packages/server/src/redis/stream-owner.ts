import { JobEventsServerError } from '../server-errors.js';
import type { RedisConnection } from './redis-connection.js';

/**
 * Claims a stream for one prefix, by a key next to it that has no expiry. Another prefix on the same stream is another
 * application: its users would receive the events of this one.
 *
 * @throws JobEventsServerError `INVALID_OPTIONS` where another prefix has claimed the stream.
 */
export async function claimStream(connection: RedisConnection, stream: string, keyPrefix: string): Promise<void> {
  const key = `{${stream}}:key-prefix`;
  await connection.command('SET', key, keyPrefix, 'NX');
  const owner = await connection.command('GET', key);
  if (owner === keyPrefix) return;
  throw new JobEventsServerError(
    'INVALID_OPTIONS',
    `The stream '${stream}' carries the events of the keyPrefix '${String(owner)}', and this wiring has '${keyPrefix}'. Leave stream out, give another, or use the same keyPrefix. If no application uses '${String(owner)}' any more, delete the key '${key}'.`,
  );
}
