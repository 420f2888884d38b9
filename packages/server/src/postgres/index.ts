export { connectPostgres } from './connect-postgres.js';
export type { ConnectPostgresOptions, PostgresConnection } from './connect-postgres.js';
export type { PostgresDatabase } from './postgres-database.js';
export type { PostgresLocation, PostgresPoolOptions } from './postgres-location.js';
export { PostgresJobStore } from './postgres-job-store.js';
export type { PostgresJobStoreOptions } from './postgres-job-store.js';
