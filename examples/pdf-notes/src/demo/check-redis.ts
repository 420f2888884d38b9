import { Redis } from 'ioredis';
import { DemoError } from './demo-error.js';

const ANSWERS_WITHIN_MS = 5_000;

/**
 * The processes wait for a Redis that is away, as they should where it comes back; somebody who has named the wrong one
 * is told.
 *
 * @throws DemoError where nobody answers at `url`.
 */
export async function checkRedis(url: string): Promise<void> {
  let reason = 'it does not answer';
  const redis = new Redis(url, { lazyConnect: true, connectTimeout: ANSWERS_WITHIN_MS, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', (error: Error) => (reason = error.message));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw new DemoError(`The Redis of REDIS_URL cannot be used: ${reason}. Without REDIS_URL everything is in PostgreSQL.`, { cause: error });
  } finally {
    redis.disconnect();
  }
}
