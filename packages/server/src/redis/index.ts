export { connectRedis } from './connect-redis.js';
export type { ConnectRedisOptions, RedisConnected } from './connect-redis.js';
export type { IoRedisClient, NodeRedisClient, NodeRedisCluster, NodeRedisSentinel, RedisClient } from './redis-client.js';
export type { RedisConnection } from './redis-connection.js';
export type { RedisClusterNodes, RedisLocation, RedisNode, RedisSentinels, RedisUrl } from './redis-location.js';
export { RedisJobStore } from './redis-job-store.js';
export type { RedisJobStoreOptions } from './redis-job-store.js';
