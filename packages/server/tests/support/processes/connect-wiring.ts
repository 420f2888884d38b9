import { connectPostgres } from '../../../src/postgres/index.js';
import { connectRedis } from '../../../src/redis/index.js';
import type { OnError } from '../../../src/logger.js';

/** As an application would: one function, whichever database it has. */
export function connectWiring(url: string, onError: OnError) {
  return url.startsWith('redis') ? connectRedis({ url, onError }) : connectPostgres({ url, onError });
}

export const [databaseUrl = '', ...workArguments] = process.argv.slice(2);
