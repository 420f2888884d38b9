export { findChromium, launchChromium } from './chromium.js';
export { spawnNode } from './node-process.js';
export type { NodeProcess, NodeProcessOptions } from './node-process.js';
export { startPostgres } from './postgres-server.js';
export type { PostgresServer, TestDatabase } from './postgres-server.js';
export { describeWith } from './required-programs.js';
export type { RequiredProgram } from './required-programs.js';
export { findRedis, startRedis } from './redis-server.js';
export type { RedisServer } from './redis-server.js';
