import { randomUUID } from 'node:crypto';
import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import { MessageType, type ClusterMessage } from 'socket.io-adapter';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobEventsServerError } from '../server-errors.js';
import { realTiming } from '../timing.js';
import { PostgresBus } from './postgres-bus.js';
import { openPostgres, type PostgresDatabase } from './postgres-database.js';
import { migrate } from './postgres-migrations.js';

let server: PostgresServer;
let database: TestDatabase;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => { server = await startPostgres(); });
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(async () => { database = await server.createDatabase(); });
afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup(); });

const message = (body: unknown): ClusterMessage => ({ uid: 'test', nsp: '/jobs', type: MessageType.BROADCAST, data: { packet: [body], opts: { rooms: [], except: [], flags: {} } } });
const bodyOf = (received: unknown): unknown => (received as { data: { packet: unknown[] } }).data.packet[0];

/** A bus as in a process of its own. */
async function openBus() {
  const errors: JobEventsServerError[] = [];
  const statements: string[] = [];
  const onError = (error: JobEventsServerError): void => void errors.push(error);
  const real = openPostgres({ url: database.url }, onError);
  const counted: PostgresDatabase = {
    ...real,
    query: (text, values) => {
      statements.push(text);
      return real.query(text, values);
    },
  };
  await migrate(real, 'job_events_');
  const bus = new PostgresBus({ database: counted, channel: 'job_events', tablePrefix: 'job_events_', tables: 'public.job_events_', onError, timing: realTiming });
  cleanups.push(async () => {
    await bus.close();
    await real.close();
  });
  return { bus, errors, statements };
}

async function openListening() {
  const opened = await openBus();
  const received: unknown[] = [];
  let greeted = 0;
  const listener = { missed: () => undefined, greet: () => void greeted++, receive: (incoming: unknown) => void received.push(bodyOf(incoming)) };
  opened.bus.join(listener);
  await vi.waitFor(() => expect(greeted).toBe(1), { timeout: 10_000 });
  return { ...opened, received, listener, greetings: () => greeted };
}

describe('PostgresBus', () => {
  it('delivers what one process says to another in its order, each once, small and large', async () => {
    const receiver = await openListening();
    const sender = await openBus();
    const sent = Array.from({ length: 2_000 }, (_, index) => `${index}:${'x'.repeat(index % 10 === 0 ? 9_000 : 50)}`);
    for (const [index, body] of sent.entries()) {
      sender.bus.publish(message(body));
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await vi.waitFor(() => expect(receiver.received).toHaveLength(sent.length), { timeout: 15_000 });
    expect(receiver.received).toEqual(sent);
    expect([...receiver.errors, ...sender.errors]).toEqual([]);
  });

  it('sends a burst in one statement', async () => {
    const receiver = await openListening();
    const sender = await openBus();
    for (let index = 0; index < 200; index++) sender.bus.publish(message(index));
    await vi.waitFor(() => expect(receiver.received).toHaveLength(200));
    expect(sender.statements).toHaveLength(1);
  });

  it('does not hear itself, but others in its process are told', async () => {
    const { bus, received, listener } = await openListening();
    const other: unknown[] = [];
    bus.join({ missed: () => {}, greet: () => {}, receive: (incoming) => void other.push(bodyOf(incoming)) });
    bus.publish(message('from the listener'), listener);
    bus.publish(message('from the process'));
    await (await openBus()).bus.close();
    expect(other).toEqual(['from the listener', 'from the process']);
    expect(received).toEqual(['from the process']);
  });

  it('carries binary data', async () => {
    const receiver = await openListening();
    const { bus } = await openBus();
    bus.publish(message({ bytes: Buffer.from([0, 255]), text: 'ä\u0000' }));
    await vi.waitFor(() => expect(receiver.received).toEqual([{ bytes: Buffer.from([0, 255]), text: 'ä\u0000' }]));
  });

  it('reports what cannot be encoded, and goes on', async () => {
    const receiver = await openListening();
    const { bus, errors } = await openBus();
    const circular: unknown[] = [];
    circular.push(circular);
    bus.publish(message(circular));
    bus.publish(message('fine'));
    await vi.waitFor(() => expect(receiver.received).toEqual(['fine']));
    expect(errors.map(({ code }) => code)).toEqual(['BROADCAST_FAILED']);
  });

  it('reports notifications of another kind and listeners that throw, and goes on', async () => {
    const { errors, received, bus } = await openListening();
    const { bus: sender } = await openBus();
    await database.query(`select pg_notify('job_events', 'hello')`);
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    bus.join({ missed: () => {}, greet: () => {}, receive: () => { throw new Error('broken'); } });
    sender.publish(message(1));
    await vi.waitFor(() => expect(errors).toHaveLength(2));
    expect(errors.map(({ code }) => code)).toEqual(['BROADCAST_FAILED', 'BROADCAST_FAILED']);
    expect(received).toEqual([1]);
  });

  it('hears a notification that was sent twice once', async () => {
    const { received } = await openListening();
    const sender = randomUUID();
    for (const number of [1, 1, 2, 1, 3]) await database.query(`select pg_notify('job_events', $1)`, [`${sender} ${number} [${JSON.stringify(message(number))}]`]);
    await vi.waitFor(() => expect(received).toContain(3));
    expect(received).toEqual([1, 2, 3]);
  });

  it('lives through the end of every connection, says so, and events flow again', async () => {
    const receiver = await openListening();
    const sender = await openBus();
    let next = 0;
    const flow = setInterval(() => sender.bus.publish(message(next++)), 5);
    try {
      for (let round = 0; round < 3; round++) {
        const before = receiver.received.length;
        await vi.waitFor(() => expect(receiver.received.length).toBeGreaterThan(before + 10), { timeout: 15_000 });
        expect(await database.terminateConnections()).toBeGreaterThanOrEqual(2);
        const killedAt = next;
        await vi.waitFor(() => expect(receiver.received.at(-1)).toBeGreaterThan(killedAt), { timeout: 15_000 });
      }
    } finally {
      clearInterval(flow);
    }
    expect(receiver.errors.map(({ code }) => code)).toContain('CONNECTION_LOST');
    expect(receiver.received).toEqual([...(receiver.received as number[])].sort((a, b) => a - b));
    expect(new Set(receiver.received).size).toBe(receiver.received.length);
  });

  it('lives through a server that is away for seconds', async () => {
    const receiver = await openListening();
    const sender = await openBus();
    sender.bus.publish(message('before'));
    await vi.waitFor(() => expect(receiver.received).toEqual(['before']));
    await server.stop();
    sender.bus.publish(message('meanwhile'));
    await vi.waitFor(() => expect(sender.errors.map(({ code }) => code)).toContain('BROADCAST_FAILED'));
    await server.start();
    await vi.waitFor(() => expect(receiver.greetings()).toBe(2), { timeout: 15_000 });
    sender.bus.publish(message('after'));
    await vi.waitFor(() => expect(receiver.received).toContain('after'), { timeout: 15_000 });
  });

  it('sends what waits before it closes', async () => {
    const receiver = await openListening();
    const { bus } = await openBus();
    bus.publish(message('last'));
    await bus.close();
    await vi.waitFor(() => expect(receiver.received).toEqual(['last']));
  });

  it('leaves no large message behind for long', async () => {
    const receiver = await openListening();
    const { bus } = await openBus();
    await database.query(`insert into job_events_kept_messages (id, sent_at, body) values (gen_random_uuid(), now() - interval '2 days', '"old"')`);
    bus.publish(message('x'.repeat(9_000)));
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1));
    expect(await database.query(`select body like '%xxx%' as is_new from job_events_kept_messages`)).toEqual([{ is_new: true }]);
  });
});
