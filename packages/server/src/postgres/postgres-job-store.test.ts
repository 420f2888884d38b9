import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { jobStoreCases } from '../testing/job-store-cases.js';
import { PostgresJobStore } from './postgres-job-store.js';

let server: PostgresServer;
let database: TestDatabase;
const opened: PostgresJobStore[] = [];

beforeAll(async () => {
  server = await startPostgres();
  database = await server.createDatabase();
});
afterAll(async () => {
  await Promise.all(opened.map((store) => store.close()));
  await server[Symbol.asyncDispose]();
});

const open = (): PostgresJobStore => {
  const store = new PostgresJobStore({ url: database.url });
  opened.push(store);
  return store;
};

describe('PostgresJobStore conforms', () => {
  for (const { title, run } of jobStoreCases) it(title, () => run(open));
});
