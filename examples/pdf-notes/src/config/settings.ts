import { z } from 'zod';
import { QUEUE_NAMES } from '../queue/queue-names.js';
import { ConfigurationError } from './configuration-error.js';

const MEGABYTE = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;

/** Longer than any of this takes; a timer of Node would not wait for more than 24 days, but fire at once. */
const DAY_S = 24 * 60 * 60;

/** Names with commas between them. */
const list = <T extends z.ZodType>(name: T) =>
  z.preprocess((value) => (typeof value === 'string' ? value.split(',').map((each) => each.trim()).filter((each) => each !== '') : value), z.array(name));

const logLevel = z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info');

/** What every process of the application reads from its environment. An empty variable counts as absent. */
const sharedVariables = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be the URL of a PostgreSQL database, postgres://…' }),
  /** Absent: PostgreSQL alone. */
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'must be the URL of a Redis server, redis://…' }).optional(),
  LOG_LEVEL: logLevel,
});

const listening = {
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
};

const balancerVariables = z.object({
  ...listening,
  LOG_LEVEL: logLevel,
  API_URLS: list(z.url({ protocol: /^http$/, error: 'must be URLs of API processes, http://…, with commas between them' })).pipe(z.array(z.string()).min(1, 'must name at least one API process')),
});

const apiVariables = sharedVariables.extend({
  ...listening,
  SESSION_SECRET: z.string({ error: 'must be set' }).min(32, 'must have at least 32 characters'),
  SESSION_MINUTES: z.coerce.number().positive().default(60),
  ADMIN_USERS: list(z.string()).default([]),
  UPLOAD_LIMIT_MB: z.coerce.number().positive().max(1024).default(25),
  FILE_KEEP_HOURS: z.coerce.number().nonnegative().default(24),
});

const workerVariables = sharedVariables.extend({
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(10),
  WORKER_QUEUES: list(z.enum(QUEUE_NAMES)).pipe(z.array(z.enum(QUEUE_NAMES)).min(1, 'must name at least one queue')).default([...QUEUE_NAMES]),
  WORKER_GRACE_S: z.coerce.number().nonnegative().max(DAY_S).default(8),
  PDF_TIME_LIMIT_S: z.coerce.number().positive().max(DAY_S).default(300),
  PDF_MEMORY_LIMIT_MB: z.coerce.number().int().min(64).default(512),
  AI_BASE_URL: z.url({ protocol: /^https?$/, error: 'must be the URL of an OpenAI-compatible server, http://… or https://…' }).optional(),
  AI_MODEL: z.string().optional(),
  AI_API_KEY: z.string().optional(),
}).refine(({ AI_BASE_URL: url, AI_MODEL: model }) => url === undefined || model !== undefined, { path: ['AI_MODEL'], error: 'must be set where AI_BASE_URL is' });

type Variables = Readonly<Record<string, string | undefined>>;

function read<Schema extends z.ZodType>(schema: Schema, variables: Variables): z.output<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== '')));
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
    /** The ids of those who may see the queues. */
    adminUsers: new Set(from.ADMIN_USERS.map((name) => name.toLowerCase())) as ReadonlySet<string>,
    uploadLimitBytes: Math.floor(from.UPLOAD_LIMIT_MB * MEGABYTE),
    /** How long the file of a job that failed or was cancelled is kept for another try. */
    keepFilesForMs: from.FILE_KEEP_HOURS * HOUR_MS,
  } as const;
}

/** @throws ConfigurationError */
export function readWorkerSettings(variables: Variables) {
  const from = read(workerVariables, variables);
  return {
    databaseUrl: from.DATABASE_URL,
    redisUrl: from.REDIS_URL,
    logLevel: from.LOG_LEVEL,
    /** How many jobs of each queue one process works on at a time. */
    concurrency: from.WORKER_CONCURRENCY,
    /** The queues that this process works for. */
    queues: from.WORKER_QUEUES,
    /** How long the jobs under way may still take when the process is told to stop; then they are given back. */
    graceMs: from.WORKER_GRACE_S * 1000,
    pdfLimits: { timeoutMs: from.PDF_TIME_LIMIT_S * 1000, memoryMegabytes: from.PDF_MEMORY_LIMIT_MB },
    model: from.AI_BASE_URL === undefined || from.AI_MODEL === undefined
      ? undefined
      : { baseUrl: from.AI_BASE_URL, model: from.AI_MODEL, apiKey: from.AI_API_KEY },
  } as const;
}

/** @throws ConfigurationError */
export function readBalancerSettings(variables: Variables) {
  const from = read(balancerVariables, variables);
  return { host: from.HOST, port: from.PORT, apiUrls: from.API_URLS, logLevel: from.LOG_LEVEL } as const;
}

/** What a provider asks for to get the settings of the API. */
export const API_SETTINGS = Symbol('api-settings');

/** What a provider asks for to get the settings of the worker. */
export const WORKER_SETTINGS = Symbol('worker-settings');

export type ApiSettings = ReturnType<typeof readApiSettings>;
export type BalancerSettings = ReturnType<typeof readBalancerSettings>;
export type WorkerSettings = ReturnType<typeof readWorkerSettings>;
