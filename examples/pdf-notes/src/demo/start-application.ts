import { randomBytes } from 'node:crypto';
import { type LocalPostgres, startLocalPostgres } from '@notes/local-postgres';
import { startChildService } from './child-service.js';
import { choosePort } from './choose-port.js';
import { DemoError } from './demo-error.js';

export interface Application {
  readonly url: string;
  /** Rejects with a DemoError when a process ends without having been told to. */
  readonly crashed: Promise<never>;
  /** Ends every process that was started, in order, and removes what they left. */
  stop(): Promise<void>;
}

export interface ApplicationOptions {
  readonly port: number | undefined;
  readonly dataDir: string | undefined;
  readonly verbose: boolean;
  /** Aborted when the person does not want to wait any longer. */
  readonly interrupted: AbortSignal;
}

/**
 * Starts the whole application: a PostgreSQL of its own (unless `DATABASE_URL` names one), the API and the worker.
 *
 * @throws DemoError where a part cannot start, and the reason of `interrupted`; nothing is left running then.
 */
export async function startApplication({ port, dataDir, verbose, interrupted }: ApplicationOptions): Promise<Application> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (let service = started.pop(); service !== undefined; service = started.pop()) await service.stop();
  };
  const keep = <Service extends { stop(): Promise<void> }>(service: Service): Service => {
    started.push(service);
    interrupted.throwIfAborted();
    return service;
  };

  try {
    const { DATABASE_URL, LOG_LEVEL = verbose ? 'info' : 'warn' } = process.env;
    const databaseUrl = DATABASE_URL ?? keep(await startDatabase(dataDir, verbose)).connectionString;
    // As late as can be: what is free now may be another program's in a second.
    const apiPort = await choosePort(port);
    const shared = { DATABASE_URL: databaseUrl, LOG_LEVEL };
    const api = keep(
      await startChildService<{ url: string }>({
        script: new URL('../api/main.js', import.meta.url),
        name: 'API',
        verbose,
        environment: {
          ...shared,
          HOST: '127.0.0.1',
          PORT: String(apiPort),
          SESSION_SECRET: randomBytes(32).toString('hex'),
          SESSION_MINUTES: String(12 * 60),
        },
      }),
    );
    const worker = keep(
      await startChildService({ script: new URL('../worker/main.js', import.meta.url), name: 'worker', verbose, environment: shared }),
    );
    return { url: api.announced.url, crashed: Promise.race([api.crashed, worker.crashed]), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startDatabase(dataDir: string | undefined, verbose: boolean): Promise<LocalPostgres> {
  try {
    return await startLocalPostgres({
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(verbose && { log: (line: string) => void process.stderr.write(`${line}\n`) }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DemoError(`${reason}\nSet DATABASE_URL to use a PostgreSQL of your own.`, { cause: error });
  }
}
