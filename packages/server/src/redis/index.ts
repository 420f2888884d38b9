export { connectRedis } from './connect-redis.js';
export type { ConnectRedisOptions, RedisConnected } from './connect-redis.js';
export type { RedisLocation } from './open-redis.js';
export type { IoRedisClient, NodeRedisClient, RedisClient, RedisConnection } from './redis-connection.js';
export { RedisJobStore } from './redis-job-store.js';
export type { RedisJobStoreOptions } from './redis-job-store.js';
