import type { Socket } from 'node:net';
import { asEmitter, type IoRedisClient } from './redis-client.js';

interface SentinelOptions {
  readonly sentinels?: readonly { readonly host?: string; readonly port?: number }[] | null;
  readonly name?: string;
  readonly sentinelUsername?: string | null;
  readonly sentinelPassword?: string | null;
  readonly sentinelTLS?: object;
}

const CHANNEL = '+switch-master';
const RETRY_AT_MOST_MS = 5_000;

/**
 * Hears from the Sentinels of a client of ioredis that another server is the primary: a planned failover leaves the old
 * one open for writes for about 10 s. Each Sentinel says so, some of them seconds later: what names the server that the client
 * is connected to is not told. The same as `failoverDetector` of ioredis, but only for the primary of this name, and without a
 * line on the console for each Sentinel that is away. Does nothing without Sentinels. Returns what ends it.
 */
export function watchSentinels(client: IoRedisClient, onSwitch: () => void): () => void {
  const options = (client as { readonly options?: SentinelOptions }).options ?? {};
  const watches = (options.sentinels ?? []).map((sentinel) => watchSentinel(client, sentinel, options, onSwitch));
  return () => {
    for (const watch of watches) watch.disconnect();
  };
}

function watchSentinel(client: IoRedisClient, { host = '127.0.0.1', port = 26_379 }: { readonly host?: string; readonly port?: number }, options: SentinelOptions, onSwitch: () => void): IoRedisClient {
  const overrides = {
    sentinels: null,
    host,
    port,
    username: options.sentinelUsername ?? null,
    password: options.sentinelPassword ?? null,
    tls: options.sentinelTLS,
    db: 0,
    keyPrefix: '',
    lazyConnect: false,
    enableReadyCheck: false,
    enableOfflineQueue: true,
    autoResubscribe: true,
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
    retryStrategy: (times: number) => Math.min(times * 500, RETRY_AT_MOST_MS),
  };
  const watch = client.duplicate(...([overrides] as never[]));
  asEmitter(watch)
    // The other Sentinels say the same, and this one is tried again.
    .on('error', () => undefined)
    .on('message', (_channel: string, message: string) => {
      const [name, , , newHost, newPort] = message.split(' ');
      if (name === options.name && !isConnectedTo(client, newHost!, Number(newPort))) onSwitch();
    });
  // In lower case: ioredis 5.9 to 5.11 keep what they subscribed to by the name as it is given.
  watch.call('subscribe', CHANNEL).catch(() => undefined);
  return watch;
}

/** A server that is announced by its host name is not recognized: the connection is then opened anew once more than needed. */
function isConnectedTo(client: IoRedisClient, host: string, port: number): boolean {
  const { remoteAddress, remotePort } = (client as { readonly stream?: Partial<Pick<Socket, 'remoteAddress' | 'remotePort'>> }).stream ?? {};
  return remotePort === port && remoteAddress?.replace(/^::ffff:/, '') === host;
}
