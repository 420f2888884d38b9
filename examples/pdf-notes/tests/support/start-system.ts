import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalPostgres } from '@notes/local-postgres';
import { Pool } from 'pg';
import { type ChildService, startChildService } from '../../src/demo/child-service.js';

type Api = ChildService<{ readonly url: string }>;

/** The application as it runs for people: PostgreSQL, API and worker, each a process of its own, started from what is built. */
export interface System extends AsyncDisposable {
  readonly url: string;
  readonly pool: Pool;
  readonly worker: ChildService<unknown>;
  /** Where API and worker may leave files, if they did. */
  readonly temporaryFolder: string;
  /** Ends the API as if its machine had lost power. */
  killApi(): Promise<void>;
  /** Starts the API at the same address again. */
  startApi(): Promise<void>;
}

const built = (path: string): URL => new URL(`../../dist/${path}`, import.meta.url);

export async function startSystem(environment: Readonly<Record<string, string>> = {}): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'pdf-notes-test-'));
  const temporaryFolder = join(folder, 'tmp');
  await mkdir(temporaryFolder);
  const postgres = await startLocalPostgres();
  const pool = new Pool({ connectionString: postgres.connectionString });
  pool.on('error', () => {});
  const shared = { DATABASE_URL: postgres.connectionString, REDIS_URL: '', LOG_LEVEL: 'warn', TMPDIR: temporaryFolder, ...environment };

  const openApi = (port: number): Promise<Api> =>
    startChildService({
      script: built('api/main.js'),
      name: 'API',
      verbose: false,
      environment: { ...shared, PORT: String(port), SESSION_SECRET: 'a secret of at least thirty-two characters' },
    });

  let api = await openApi(0);
  const { url } = api.announced;
  const worker = await startChildService({ script: built('worker/main.js'), name: 'worker', verbose: false, environment: shared });
  return {
    url,
    pool,
    worker,
    temporaryFolder,
    async killApi() {
      process.kill(api.pid, 'SIGKILL');
      await api.crashed.catch(() => {});
    },
    async startApi() {
      api = await openApi(Number(new URL(url).port));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([api.stop(), worker.stop()]);
      await pool.end();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
