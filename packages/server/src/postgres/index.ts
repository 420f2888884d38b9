export { connectPostgres } from './connect-postgres.js';
export type { ConnectPostgresOptions, PostgresConnection } from './connect-postgres.js';
export type { PostgresDatabase, PostgresLocation } from './postgres-database.js';
export { PostgresJobStore } from './postgres-job-store.js';
export type { PostgresJobStoreOptions } from './postgres-job-store.js';
