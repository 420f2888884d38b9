import { z } from 'zod';
import { ConfigurationError } from './configuration-error.js';

const MEGABYTE = 1024 * 1024;

const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** What every process of the application reads from its environment. An empty variable counts as absent. */
const sharedVariables = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be the URL of a PostgreSQL database, postgres://…' }),
  /** Absent: PostgreSQL alone. */
  REDIS_URL: optional(z.url({ protocol: /^rediss?$/, error: 'must be the URL of a Redis server, redis://…' })),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

const apiVariables = sharedVariables.extend({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  SESSION_SECRET: z.string({ error: 'must be set' }).min(32, 'must have at least 32 characters'),
  SESSION_MINUTES: z.coerce.number().positive().default(60),
  UPLOAD_LIMIT_MB: z.coerce.number().positive().max(1024).default(25),
});

const workerVariables = sharedVariables.extend({
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(10),
  AI_BASE_URL: optional(z.url({ error: 'must be the URL of an OpenAI-compatible server' })),
  AI_MODEL: optional(z.string()),
  AI_API_KEY: optional(z.string()),
});

type Variables = Readonly<Record<string, string | undefined>>;

function read<Schema extends z.ZodType>(schema: Schema, variables: Variables): z.output<Schema> {
  const parsed = schema.safeParse(variables);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new ConfigurationError(lines.join('\n'));
}

/** @throws ConfigurationError */
export function readApiSettings(variables: Variables) {
  const from = read(apiVariables, variables);
  return {
    databaseUrl: from.DATABASE_URL,
    redisUrl: from.REDIS_URL,
    logLevel: from.LOG_LEVEL,
    host: from.HOST,
    /** 0: any port that is free. */
    port: from.PORT,
    session: { secret: from.SESSION_SECRET, lifetimeMs: from.SESSION_MINUTES * 60_000 },
    uploadLimitBytes: Math.floor(from.UPLOAD_LIMIT_MB * MEGABYTE),
  } as const;
}

/** @throws ConfigurationError */
export function readWorkerSettings(variables: Variables) {
  const from = read(workerVariables, variables);
  return {
    databaseUrl: from.DATABASE_URL,
    redisUrl: from.REDIS_URL,
    logLevel: from.LOG_LEVEL,
    /** How many PDFs one process works on at a time. */
    concurrency: from.WORKER_CONCURRENCY,
    model: from.AI_BASE_URL === undefined || from.AI_MODEL === undefined
      ? undefined
      : { baseUrl: from.AI_BASE_URL, model: from.AI_MODEL, apiKey: from.AI_API_KEY },
  } as const;
}

/** What a provider asks for to get the settings of the API. */
export const API_SETTINGS = Symbol('api-settings');

/** What a provider asks for to get the settings of the worker. */
export const WORKER_SETTINGS = Symbol('worker-settings');

export type ApiSettings = ReturnType<typeof readApiSettings>;
export type WorkerSettings = ReturnType<typeof readWorkerSettings>;
