import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@notes/test-kit';
import getPort from 'get-port';
import { Pool } from 'pg';
import { type ChildService, startChildService } from '../../src/demo/child-service.js';
import { isAlive } from './run-demo.js';

type Environment = Readonly<Record<string, string>>;
type Api = ChildService<{ readonly url: string }>;

/** The application as it runs for people: PostgreSQL, API and worker, each a process of its own, started from what is built. */
export interface System extends AsyncDisposable {
  /** Where browsers go: the API, or the balancer before several of them. */
  readonly url: string;
  /** Of each API process. */
  readonly apiUrls: readonly string[];
  readonly postgres: PostgresServer;
  readonly databaseUrl: string;
  readonly pool: Pool;
  /** The first one. */
  readonly worker: ChildService<unknown>;
  /** What all processes have written to their logs, one line each. */
  readonly log: readonly string[];
  /** Where API and worker may leave files, if they did. */
  readonly temporaryFolder: string;
  /** Ends an API process as if its machine had lost power. */
  killApi(index?: number): Promise<void>;
  /** Starts it at the same address again. */
  startApi(index?: number): Promise<void>;
  /** Resolves to its exit code: not 0 where it could not end in order. */
  stopApi(index?: number): Promise<number | null>;
  stopBalancer(): Promise<void>;
  killWorker(index?: number): Promise<void>;
  /** @param environment what is different for this one. */
  startWorker(environment?: Environment, index?: number): Promise<void>;
}

export interface SystemSize {
  /** More than one: behind a balancer. */
  readonly apis: number;
  readonly workers: number;
}

const built = (path: string): URL => new URL(`../../dist/${path}/main.js`, import.meta.url);
const SECRET = 'a secret of at least thirty-two characters';

export async function startSystem(environment: Environment = {}, { apis: apiCount, workers: workerCount }: SystemSize = { apis: 1, workers: 1 }): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'pdf-notes-test-'));
  const temporaryFolder = join(folder, 'tmp');
  await mkdir(temporaryFolder);
  const postgres = await startPostgres();
  const { url: databaseUrl } = await postgres.createDatabase();
  const pool = new Pool({ connectionString: databaseUrl });
  pool.on('error', () => {});
  const log: string[] = [];
  const onLog = (line: string): void => void log.push(line);
  const shared = { DATABASE_URL: databaseUrl, REDIS_URL: '', LOG_LEVEL: 'warn', TMPDIR: temporaryFolder, ...environment };

  const openApi = (port: number): Promise<Api> =>
    startChildService({ script: built('api'), name: 'API', onLog, environment: { ...shared, PORT: String(port), SESSION_SECRET: SECRET } });
  const openWorker = (own: Environment = {}): Promise<ChildService<unknown>> =>
    startChildService({ script: built('worker'), name: 'worker', onLog, environment: { ...shared, ...own } });

  const times = <Item>(count: number, start: () => Promise<Item>): Promise<Item[]> => Promise.all(Array.from({ length: count }, start));
  const [apis, workers] = await Promise.all([times(apiCount, () => openApi(0)), times(workerCount, () => openWorker())]);
  const urls = apis.map(({ announced }) => announced.url);
  const balancer =
    apiCount === 1
      ? undefined
      : await startChildService<{ readonly url: string }>({
          script: built('balancer'),
          name: 'balancer',
          onLog,
          environment: { LOG_LEVEL: shared.LOG_LEVEL, PORT: String(await getPort({ host: '127.0.0.1' })), API_URLS: urls.join(',') },
        });
  const kill = async (service: ChildService<unknown>): Promise<void> => {
    if (isAlive(service.pid)) process.kill(service.pid, 'SIGKILL');
    await service.crashed.catch(() => {});
  };
  return {
    url: balancer?.announced.url ?? urls[0]!,
    apiUrls: urls,
    postgres,
    databaseUrl,
    pool,
    get worker() {
      return workers[0]!;
    },
    log,
    temporaryFolder,
    killApi: (index = 0) => kill(apis[index]!),
    stopApi: (index = 0) => apis[index]!.stop(),
    stopBalancer: async () => void (await balancer?.stop()),
    async startApi(index = 0) {
      apis[index] = await openApi(Number(new URL(urls[index]!).port));
    },
    killWorker: (index = 0) => kill(workers[index]!),
    async startWorker(own, index = 0) {
      workers[index] = await openWorker(own);
    },
    async [Symbol.asyncDispose]() {
      await balancer?.stop();
      await Promise.all([...apis, ...workers].map((service) => service.stop()));
      await pool.end();
      await postgres[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
