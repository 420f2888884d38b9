import { describeWith, startPostgres, startRedis, type RequiredProgram } from '@notes/test-kit';
import {
  createPostgresBackend,
  FlowProducer,
  Queue,
  QueueEvents,
  Worker,
  type JobsOptions,
  type Processor,
  type QueueEventsOptions,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll } from 'vitest';

export interface JobData {
  readonly userId: string;
  readonly step?: number;
}

/** A back end of BullMQ on a real server. What is opened is closed after each test. */
export interface BullBackend {
  readonly name: 'Redis' | 'PostgreSQL';
  /** The database that the queues are in, for `connectRedis` or `connectPostgres`. */
  url(): string;
  /** A queue's name that no other test uses. */
  queueName(): string;
  queue(name: string, options?: Partial<QueueOptions>): Queue<JobData>;
  worker(name: string, work: Processor<JobData> | string | undefined, options?: Partial<WorkerOptions>): Worker<JobData>;
  flows(): FlowProducer;
  queueEvents(name: string, options?: Partial<QueueEventsOptions>): QueueEvents;
  /** Closed after the test too, before what was opened before it. */
  closeAfterwards(each: { close(): Promise<void> }): void;
}

/** So in the test project that has it in the place of BullMQ 6. It knows no back end but Redis. */
export const isBullMQ5 = process.env['BULLMQ_MAJOR'] === '5';

interface Connector {
  readonly name: BullBackend['name'];
  readonly programs: readonly RequiredProgram[];
  start(): Promise<{ readonly url: string; readonly parts: Parts; stop(): PromiseLike<void> }>;
}

/** The last arguments of BullMQ's constructors: what differs between the back ends. */
type Parts = readonly [connection: object, factory?: typeof createPostgresBackend];

const CONNECTORS: readonly Connector[] = [
  {
    name: 'Redis',
    programs: ['redis'],
    async start() {
      const server = await startRedis();
      return { url: server.url, parts: [{ url: server.url, maxRetriesPerRequest: null }], stop: () => server[Symbol.asyncDispose]() };
    },
  },
  {
    name: 'PostgreSQL',
    programs: [],
    async start() {
      const server = await startPostgres();
      const { url } = await server.createDatabase();
      const connection = { connectionString: url, migrate: true };
      // Once, before several queues, workers and listeners of a test would all do it at the same moment.
      const first = new Queue('first', { connection }, createPostgresBackend);
      await first.waitUntilReady();
      await first.close();
      return { url, parts: [connection, createPostgresBackend], stop: () => server[Symbol.asyncDispose]() };
    },
  },
];

/** The same tests on both back ends of BullMQ 6, and on the only one of BullMQ 5. */
export function describeOnBullBackends(title: string, suite: (backend: BullBackend) => void): void {
  for (const connector of CONNECTORS) {
    if (connector.name === 'PostgreSQL' && isBullMQ5) continue;
    describeWith(connector.programs, `${title} (BullMQ on ${connector.name})`, () => {
      let started: Awaited<ReturnType<Connector['start']>>;
      let opened: { close(): Promise<void> }[] = [];
      beforeAll(async () => {
        started = await connector.start();
      });
      afterEach(async () => {
        const closing = opened.reverse();
        opened = [];
        for (const each of closing) await each.close();
      });
      afterAll(() => started.stop());

      const open = <Opened extends { close(): Promise<void>; on(event: 'error', listener: () => void): unknown }>(each: Opened): Opened => {
        // A worker that has lost its job says so here, which is what some tests are about.
        each.on('error', () => undefined);
        opened.push(each);
        return each;
      };
      const withConnection = (options: object = {}): [never, never] =>
        [{ ...options, connection: started.parts[0] }, started.parts[1]] as unknown as [never, never];

      suite({
        name: connector.name,
        url: () => started.url,
        queueName: () => `q-${randomUUID()}`,
        queue: (name, options) => open(new Queue<JobData>(name, ...withConnection(options))),
        worker: (name, work, options) => open(new Worker<JobData>(name, work ?? null, ...withConnection({ drainDelay: 1, ...options }))),
        flows: () => open(new FlowProducer(...withConnection())),
        closeAfterwards: (each) => void opened.push(each),
        queueEvents: (name, options) => open(new QueueEvents(name, ...withConnection(options))),
      });
    });
  }
}

export type { JobsOptions };
