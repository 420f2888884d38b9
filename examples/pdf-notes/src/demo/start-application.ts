import { randomBytes } from 'node:crypto';
import { type LocalPostgres, startLocalPostgres } from '@notes/local-postgres';
import { choosePort } from './choose-port.js';
import { DemoError } from './demo-error.js';
import { keepService } from './kept-service.js';

export interface Application {
  readonly url: string;
  /** Rejects with a DemoError when a process ends without having been told to, and is not started again. */
  readonly crashed: Promise<never>;
  /** Ends every process that was started, in order, and removes what they left. */
  stop(): Promise<void>;
}

export interface ApplicationOptions {
  /** The name of whoever may see the queues. */
  readonly adminUser: string;
  readonly apis: number;
  readonly workers: number;
  readonly port: number | undefined;
  readonly dataDir: string | undefined;
  readonly verbose: boolean;
  /** Aborted when the person does not want to wait any longer. */
  readonly interrupted: AbortSignal;
  readonly say: (text: string) => void;
}

const script = (path: string): URL => new URL(`../${path}/main.js`, import.meta.url);

/**
 * Starts the whole application: a PostgreSQL of its own (unless `DATABASE_URL` names one), the API processes, behind one
 * address where there are several, and the workers.
 *
 * @throws DemoError where a part cannot start, and the reason of `interrupted`; nothing is left running then.
 */
export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const { adminUser, apis, workers, dataDir, verbose, interrupted, say } = options;
  const onLog = verbose ? writeLine : undefined;
  const started: { stop(): Promise<void>; readonly crashed?: Promise<never> }[] = [];
  const crashed: Promise<never>[] = [];
  const stop = async (): Promise<void> => {
    for (let service = started.pop(); service !== undefined; service = started.pop()) await service.stop();
  };
  const keep = <Service extends { stop(): Promise<void>; readonly crashed?: Promise<never> }>(service: Service): Service => {
    started.push(service);
    if (service.crashed !== undefined) crashed.push(service.crashed);
    interrupted.throwIfAborted();
    return service;
  };

  try {
    const { DATABASE_URL, LOG_LEVEL = verbose ? 'info' : 'warn' } = process.env;
    const databaseUrl = DATABASE_URL ?? keep(await startDatabase(dataDir, onLog)).connectionString;
    const shared = { DATABASE_URL: databaseUrl, LOG_LEVEL };
    const forApi = { ...shared, HOST: '127.0.0.1', SESSION_SECRET: randomBytes(32).toString('hex'), SESSION_MINUTES: String(12 * 60), ADMIN_USERS: adminUser };

    const apiUrls: string[] = [];
    for (const name of namesOf('API', apis)) {
      // As late as can be: what is free now may be another program's in a second.
      const port = apis === 1 ? await choosePort(options.port) : await choosePort('any');
      const api = keep(
        await keepService<{ url: string }>({ script: script('api'), name, onLog, say, isOneOfSeveral: apis > 1, environment: { ...forApi, PORT: String(port) } }),
      );
      apiUrls.push(api.announced.url);
    }
    if (apis > 1) {
      const environment = { LOG_LEVEL, HOST: '127.0.0.1', PORT: String(await choosePort(options.port)), API_URLS: apiUrls.join(',') };
      const balancer = keep(await keepService<{ url: string }>({ script: script('balancer'), name: 'balancer', onLog, say, isOneOfSeveral: true, environment }));
      apiUrls.unshift(balancer.announced.url);
    }
    for (const name of namesOf('worker', workers))
      keep(await keepService({ script: script('worker'), name, onLog, say, isOneOfSeveral: workers > 1, environment: shared }));
    return { url: apiUrls[0]!, crashed: Promise.race(crashed), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const namesOf = (kind: string, count: number): string[] => Array.from({ length: count }, (_, index) => (count === 1 ? kind : `${kind} ${index + 1}`));

const writeLine = (line: string): void => void process.stderr.write(`${line}\n`);

async function startDatabase(dataDir: string | undefined, log: ((line: string) => void) | undefined): Promise<LocalPostgres> {
  try {
    return await startLocalPostgres({
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(log && { log }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DemoError(`${reason}\nSet DATABASE_URL to use a PostgreSQL of your own.`, { cause: error });
  }
}
