import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@notes/test-kit';
import { Pool } from 'pg';
import { type ChildService, startChildService } from '../../src/demo/child-service.js';

type Api = ChildService<{ readonly url: string }>;

/** The application as it runs for people: PostgreSQL, API and worker, each a process of its own, started from what is built. */
export interface System extends AsyncDisposable {
  readonly url: string;
  readonly postgres: PostgresServer;
  readonly pool: Pool;
  readonly worker: ChildService<unknown>;
  /** Where API and worker may leave files, if they did. */
  readonly temporaryFolder: string;
  /** Ends the API as if its machine had lost power. */
  killApi(): Promise<void>;
  /** Starts the API at the same address again. */
  startApi(): Promise<void>;
  killWorker(): Promise<void>;
  /** @param environment what is different for this one. */
  startWorker(environment?: Readonly<Record<string, string>>): Promise<void>;
}

const built = (path: string): URL => new URL(`../../dist/${path}`, import.meta.url);

export async function startSystem(environment: Readonly<Record<string, string>> = {}): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'pdf-notes-test-'));
  const temporaryFolder = join(folder, 'tmp');
  await mkdir(temporaryFolder);
  const postgres = await startPostgres();
  const { url: databaseUrl } = await postgres.createDatabase();
  const pool = new Pool({ connectionString: databaseUrl });
  pool.on('error', () => {});
  const shared = { DATABASE_URL: databaseUrl, REDIS_URL: '', LOG_LEVEL: 'warn', TMPDIR: temporaryFolder, ...environment };

  const openApi = (port: number): Promise<Api> =>
    startChildService({
      script: built('api/main.js'),
      name: 'API',
      verbose: false,
      environment: { ...shared, PORT: String(port), SESSION_SECRET: 'a secret of at least thirty-two characters' },
    });

  const openWorker = (own: Readonly<Record<string, string>> = {}): Promise<ChildService<unknown>> =>
    startChildService({ script: built('worker/main.js'), name: 'worker', verbose: false, environment: { ...shared, ...own } });

  let api = await openApi(0);
  const { url } = api.announced;
  let worker = await openWorker();
  return {
    url,
    postgres,
    pool,
    get worker() {
      return worker;
    },
    temporaryFolder,
    async killApi() {
      process.kill(api.pid, 'SIGKILL');
      await api.crashed.catch(() => {});
    },
    async startApi() {
      api = await openApi(Number(new URL(url).port));
    },
    async killWorker() {
      process.kill(worker.pid, 'SIGKILL');
      await worker.crashed.catch(() => {});
    },
    async startWorker(own) {
      worker = await openWorker(own);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([api.stop(), worker.stop()]);
      await pool.end();
      await postgres[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
