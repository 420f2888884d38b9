import { startPostgres, type PostgresServer, type TestDatabase } from '@notes/test-kit';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { MessageType, type ClusterMessage } from 'socket.io-adapter';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobEventsServerError } from '../server-errors.js';
import { realTiming, type Timing } from '../timing.js';
import { tagOf } from './channel.js';
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

const opts = { rooms: [], except: [], flags: {} };
const from = { uid: 'test', nsp: '/jobs' };
const event = (body: unknown): ClusterMessage => ({ ...from, type: MessageType.BROADCAST, data: { packet: [body], opts } });
const leave = (room: string): ClusterMessage => ({ ...from, type: MessageType.SOCKETS_LEAVE, data: { opts, rooms: [room] } });
const disconnect = (): ClusterMessage => ({ ...from, type: MessageType.DISCONNECT_SOCKETS, data: { opts, close: false } });
const emit = (body: unknown): ClusterMessage => ({ ...from, type: MessageType.SERVER_SIDE_EMIT, data: { packet: [body] } });
const question = (): ClusterMessage => ({ ...from, type: MessageType.SERVER_SIDE_EMIT, data: { packet: ['question'], requestId: '1' } });

/** A node that listens, whose connection for it can be cut and held. */
async function openNode() {
  const held: (() => void)[] = [];
  let isHolding = false;
  let aheadMs = 0;
  const timing: Timing = {
    ...realTiming,
    monotonic: () => realTiming.monotonic() + aheadMs,
    setTimeout: (callback, ms, keepsAlive) => (isHolding ? void held.push(callback) : realTiming.setTimeout(callback, ms, keepsAlive)),
  };
  const errors: JobEventsServerError[] = [];
  const onError = (error: JobEventsServerError): void => void errors.push(error);
  const opened = openPostgres({ url: database.url }, onError);
  await migrate(opened, 'job_events_');
  let listening: pg.Client | undefined;
  const watched: PostgresDatabase = { ...opened, newClient: () => (listening = opened.newClient()) };
  const bus = new PostgresBus({ database: watched, channel: 'job_events', tablePrefix: 'job_events_', tables: 'public.job_events_', onError, timing });
  cleanups.push(async () => {
    await bus.close();
    await opened.close();
  });
  const heard: ClusterMessage[] = [];
  let greetings = 0;
  let gaps = 0;
  const listener = { missed: () => void gaps++, greet: () => void greetings++, receive: (message: unknown) => void heard.push(message as ClusterMessage) };
  bus.join(listener);
  await vi.waitFor(() => expect(greetings).toBe(1), { timeout: 10_000 });

  /** Resolves when it no longer listens; it does again after `comeBack`. */
  async function stopListening(): Promise<void> {
    const before = errors.length;
    isHolding = true;
    const { rows: [row] } = await listening!.query<{ pid: number }>('select pg_backend_pid() as pid');
    await database.query('select pg_terminate_backend($1)', [row!.pid]);
    await vi.waitFor(() => expect(errors.slice(before).map(({ code }) => code)).toContain('CONNECTION_LOST'));
  }

  function comeBack(): void {
    isHolding = false;
    for (const callback of held.splice(0)) callback();
  }

  return { bus, errors, heard, listener, stopListening, comeBack, gaps: () => gaps, pass: (ms: number) => void (aheadMs += ms) };
}

const openNodes = async () => ({ here: await openNode(), there: await openNode() });
const within2s = { timeout: 2_000 };

describe('commands, which no sync finds', () => {
  it('that were sent while a node did not listen are heard within 2 s of its listening again, in their order', async () => {
    const { here, there } = await openNodes();
    await there.stopListening();
    const commands = [disconnect(), leave('job:1'), emit('x'.repeat(9_000)), emit(Buffer.from([0, 255]))];
    for (const command of commands) here.bus.publish(command);
    await vi.waitFor(async () => expect(await database.query('select from job_events_kept_messages')).toHaveLength(4));
    there.comeBack();
    await vi.waitFor(() => expect(there.heard).toEqual(commands), within2s);
  });

  it('come once, and what is sent afterwards comes once too, in its order', async () => {
    const { here, there } = await openNodes();
    let next = 0;
    const publish = (): void => here.bus.publish(next++ % 2 === 0 ? event(next) : emit(next));
    const numbers = (): number[] => there.heard.map((message) => (message as { data: { packet: number[] } }).data.packet[0]!);
    for (let count = 0; count < 20; count++) publish();
    await vi.waitFor(() => expect(numbers()).toHaveLength(20));
    for (let round = 0; round < 5; round++) {
      const flow = setInterval(publish, 1);
      await there.stopListening();
      there.comeBack();
      const back = next;
      await vi.waitFor(() => expect(numbers().at(-1)).toBeGreaterThan(back + 50), { timeout: 10_000 });
      clearInterval(flow);
    }
    await vi.waitFor(() => expect(numbers().at(-1)).toBe(next));
    const commands = numbers().filter((number) => number % 2 === 0);
    expect(commands).toEqual(Array.from(commands, (_, index) => 2 * (index + 1)));
    expect(commands.at(-1)).toBe(next - (next % 2));
    const events = numbers().filter((number) => number % 2 === 1);
    expect(events).toEqual([...new Set(events)].sort((a, b) => a - b));
  });

  it('of a node’s own are not repeated to itself', async () => {
    const { here } = await openNodes();
    here.bus.publish(emit('heard by others here'), here.listener);
    here.bus.publish(emit('of nobody here'));
    await here.stopListening();
    here.bus.publish(emit('sent while away'), here.listener);
    await vi.waitFor(async () => expect(await database.query('select from job_events_kept_messages')).toHaveLength(3));
    here.comeBack();
    const { bus } = await openNode();
    await vi.waitFor(() => {
      bus.publish(event('live'));
      expect(here.heard.at(-1)).toEqual(event('live'));
    });
    expect(here.heard.filter(({ type }) => type !== MessageType.BROADCAST)).toEqual([emit('of nobody here')]);
  });

  it('are all that is repeated: neither events, however large, nor questions, which nobody waits for any more', async () => {
    const { here, there } = await openNodes();
    await there.stopListening();
    for (const message of [event('small'), event('x'.repeat(9_000)), question(), leave('job:1')]) here.bus.publish(message);
    await vi.waitFor(async () => expect(await database.query('select from job_events_kept_messages')).toHaveLength(2));
    there.comeBack();
    await vi.waitFor(() => expect(there.heard).toEqual([leave('job:1')]), within2s);
  });

  it('that were sent before a node was there are none of its business', async () => {
    const here = await openNode();
    here.bus.publish(emit('long ago'));
    await vi.waitFor(async () => expect(await database.query('select from job_events_kept_messages')).toHaveLength(1));
    await database.query(`update job_events_kept_messages set sent_at = sent_at - interval '1 minute'`);
    const there = await openNode();
    await there.stopListening();
    here.bus.publish(emit('meanwhile'));
    await vi.waitFor(async () => expect(await database.query('select from job_events_kept_messages')).toHaveLength(2));
    there.comeBack();
    await vi.waitFor(() => expect(there.heard).toEqual([emit('meanwhile')]), within2s);
  });

  it.each([['back or forward', `- interval '1 hour'`], ['back, and is not yet where it was', `+ interval '1 hour'`]])('are kept and heard though the clock of the database is set %s', async (_, step) => {
    const { here, there } = await openNodes();
    await there.stopListening();
    for (const command of ['first', 'second']) {
      here.bus.publish(emit(command));
      await vi.waitFor(async () => expect(await database.query(`select from job_events_kept_messages where body like '%${command}%'`)).toHaveLength(1));
      // What is sent after a clock was set back has an earlier time, and so has what was sent before it was set forward.
      await database.query(`update job_events_kept_messages set sent_at = sent_at ${step}`);
    }
    there.comeBack();
    await vi.waitFor(() => expect(there.heard).toEqual([emit('first'), emit('second')]), within2s);
  });

  it('may be gone where a node did not listen for as long as they are kept: it reports that once, and its access is asked about again', async () => {
    const there = await openNode();
    for (const [minutes, gaps] of [[4, 0], [5, 1], [0, 1]] as const) {
      await there.stopListening();
      there.pass(minutes * 60_000);
      there.comeBack();
      await vi.waitFor(() => expect(there.errors.at(-1)?.code).toBe(gaps === 1 && minutes > 0 ? 'BROADCAST_FAILED' : 'CONNECTION_RESTORED'), { timeout: 5_000 });
      expect(there.gaps()).toBe(gaps);
    }
    expect(there.errors.filter(({ code }) => code === 'BROADCAST_FAILED').map(({ message }) => message)).toEqual([expect.stringContaining('longer than 5 minutes')]);
  });

  it('that cannot be read are reported and read later, and what is sent meanwhile does not wait for it', async () => {
    const { here, there } = await openNodes();
    await there.stopListening();
    here.bus.publish(leave('job:1'));
    await vi.waitFor(async () => expect(await database.query('select from job_events_kept_messages')).toHaveLength(1));
    await database.query('alter table job_events_kept_messages rename to away');
    there.comeBack();
    await vi.waitFor(() => expect(there.errors.map(({ code }) => code)).toEqual(['CONNECTION_LOST', 'CONNECTION_RESTORED', 'BROADCAST_FAILED']));
    here.bus.publish(event('live'));
    await vi.waitFor(() => expect(there.heard).toEqual([event('live')]));
    await database.query('alter table away rename to job_events_kept_messages');
    await vi.waitFor(() => expect(there.heard).toEqual([event('live'), leave('job:1')]), { timeout: 5_000 });
    expect(there.errors).toHaveLength(3);
  });

  it('that are too large to be carried and cannot be fetched hold up nothing else, are reported, and are heard later', async () => {
    const { here, there } = await openNodes();
    const [sender, id] = [randomUUID(), randomUUID()];
    await database.query('insert into job_events_kept_messages (id, sender, is_command, body) values ($1, $2, true, $3)', [id, sender, JSON.stringify(emit('large'))]);
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query('begin; lock table job_events_kept_messages in access exclusive mode');
    await database.query('select pg_notify($1, $2)', ['job_events', `${tagOf('public.job_events_')} ${sender} 1 ${id}`]);
    here.bus.publish(event('live'));
    await vi.waitFor(() => expect(there.heard).toEqual([event('live')]), { timeout: 4_000 });
    expect(there.errors.map(({ code }) => code)).toContain('BROADCAST_FAILED');
    await admin.query('rollback');
    await admin.end();
    await vi.waitFor(() => expect(there.heard).toEqual([event('live'), emit('large')]), { timeout: 10_000 });
  });
});
