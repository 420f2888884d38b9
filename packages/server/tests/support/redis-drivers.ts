import * as ioRedis from 'ioredis';
import * as ioRedis5 from 'ioredis-5';
import * as ioRedis5Newest from 'ioredis-5-newest';
import * as nodeRedis from 'redis';
import * as nodeRedis5 from 'redis-5';
import { createIoRedisDriver, createNodeRedisDriver } from '../../src/redis/create-driver.js';
import type { RedisDriver } from '../../src/redis/redis-client.js';
import type { OwnRedisLocation } from '../../src/redis/redis-location.js';

/** How the library opens a connection with each package: the current version, the oldest that the peer range allows, and what BullMQ 5 brings. */
export const redisDrivers: readonly (readonly [name: string, create: (location: OwnRedisLocation) => RedisDriver])[] = [
  ['ioredis 6', (location) => createIoRedisDriver(ioRedis, location)],
  ['ioredis 5.3', (location) => createIoRedisDriver(ioRedis5 as never, location)],
  ['ioredis 5.11', (location) => createIoRedisDriver(ioRedis5Newest as never, location)],
  ['redis 6', (location) => createNodeRedisDriver(nodeRedis, location)],
  ['redis 5.0', (location) => createNodeRedisDriver(nodeRedis5 as never, location)],
];
