import { describe, expect, it, vi, type Mock } from 'vitest';
import { ConnectionHealth } from '../connection-health.js';
import { ManualTiming } from '../testing/manual-timing.js';
import { classifyRedisError } from './classify-redis-error.js';
import type { RedisDriver } from './redis-client.js';
import { SupervisedConnection } from './redis-connection.js';
import { RedisLink } from './redis-link.js';

type Answer = (args: readonly string[]) => Promise<unknown>;
const never = (): Promise<never> => new Promise(() => undefined);
const primary: Answer = async ([name]) => (name === 'HELLO' ? ['server', 'redis', 'role', 'master'] : 0);
const refusing = (message: string): Answer => () => Promise.reject(new Error(message));

interface FakeDriver extends RedisDriver {
  answer: Answer;
  readonly destroy: Mock<() => void>;
}

function fakeDriver(answer: Answer = primary): FakeDriver {
  const driver: FakeDriver = {
    isCluster: false,
    answer,
    connect: async () => undefined,
    send: (args) => driver.answer(args),
    destroy: vi.fn(),
    duplicate: (): never => { throw new Error('Not used.'); },
    onLost: () => () => undefined,
    onClosed: () => () => undefined,
    isClosed: () => false,
    release: () => undefined,
  };
  return driver;
}

async function openLink(driver = fakeDriver(), timing = new ManualTiming()) {
  const link = new RedisLink({ driver, timing, isOwn: true, probeKey: 'probe' });
  await link.open();
  const lost: string[] = [];
  link.onLost(({ message }) => lost.push(message));
  return { driver, link, timing, lost };
}

describe('RedisLink', () => {
  it('is lost when nothing is answered for 5 s, and every open command rejects then', async () => {
    const { driver, link, timing, lost } = await openLink();
    driver.answer = never;
    const commands = [link.command('GET', 'a'), link.command('GET', 'b')].map((command) => command.catch((error: Error) => error.message));
    timing.advance(4_500);
    expect(lost).toEqual([]);
    timing.advance(1_000);
    expect(lost).toEqual(['Redis did not answer within 5000 ms.']);
    expect(await Promise.all(commands)).toEqual([...lost, ...lost]);
    expect(driver.destroy).toHaveBeenCalledOnce();
    await expect(link.command('GET', 'a')).rejects.toThrow(lost[0]);
  });

  it('is not lost while a slow server goes on answering, but is when one of several nodes is silent for 10 s', async () => {
    const { driver, link, timing, lost } = await openLink();
    driver.answer = ([, key]) => (key === 'silent' ? never() : Promise.resolve(1));
    link.command('GET', 'silent').catch(() => undefined);
    for (let second = 0; second < 9; second++) {
      await link.command('GET', 'other');
      timing.advance(1_000);
    }
    expect(lost).toEqual([]);
    await link.command('GET', 'other');
    timing.advance(1_500);
    expect(lost).toEqual(['Redis did not answer within 10000 ms.']);
  });

  it.each([
    ['READONLY You can\'t write against a read only replica.', true],
    ['LOADING Redis is loading the dataset in memory', true],
    ['MASTERDOWN Link with MASTER is down', true],
    ['MOVED 1234 127.0.0.1:7001', true],
    ['CLUSTERDOWN The cluster is down', true],
    ['UNBLOCKED force unblock from blocking operation', true],
    ['Socket closed unexpectedly', true],
    ['OOM command not allowed when used memory > \'maxmemory\'.', false],
    ['NOPERM User app has no permissions', false],
    ['TRYAGAIN Multiple keys request during rehashing of slot', false],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', false],
    ['ERR unknown command', false],
  ])('of a command that fails with %s is left: %s', async (message, isLeft) => {
    const { driver, link, lost } = await openLink();
    driver.answer = refusing(message);
    await expect(link.command('GET', 'a')).rejects.toThrow(message);
    expect(lost.length).toBe(isLeft ? 1 : 0);
  });

  it('does not open to a replica, and is lost when its primary becomes one', async () => {
    const replica: Answer = async ([name]) => (name === 'HELLO' ? { role: 'replica' } : 0);
    await expect(openLink(fakeDriver(replica))).rejects.toThrow('Give the address of the primary, or sentinels');
    const { driver, link, lost } = await openLink();
    driver.answer = replica;
    await expect(link.verify()).rejects.toThrow('replica');
    expect(lost).toHaveLength(1);
  });

  it('opens to what does not know the question for its role, and to a user without the permission to ask', async () => {
    await openLink(fakeDriver(refusing('ERR unknown command')));
    await openLink(fakeDriver(refusing('NOPERM User app has no permissions')));
  });
});

describe('SupervisedConnection', () => {
  function supervise(answers: readonly Answer[]) {
    const timing = new ManualTiming();
    const reports: string[] = [];
    const fakes = answers.map((answer) => fakeDriver(answer));
    let opened = 0;
    const connection = new SupervisedConnection({
      timing,
      health: new ConnectionHealth({ connection: 'redis commands', consequence: '', onError: ({ code }) => reports.push(code) }),
      open: async () => {
        const link = new RedisLink({ driver: fakes[opened++]!, timing, isOwn: true, probeKey: 'probe' });
        await link.open();
        return link;
      },
    });
    return { connection, timing, reports, fakes, opened: () => opened };
  }

  it('waits for a Redis that loads its data when it is asked to be ready', async () => {
    const loading = refusing('LOADING Redis is loading the dataset in memory');
    const { connection, timing, reports, opened } = supervise([loading, loading, primary]);
    const ready = connection.ready();
    for (let tries = 1; tries < 3; tries++) {
      await vi.waitFor(() => expect([opened(), timing.pending]).toEqual([tries, 1]));
      timing.advance(200);
    }
    await ready;
    expect(await connection.command('GET', 'a')).toBe(0);
    expect(reports).toEqual([]);
    connection.close();
  });

  it('reports each loss and each return once, rejects at once meanwhile, and finds out an idle connection', async () => {
    const { connection, timing, reports, fakes, opened } = supervise([primary, refusing('connect ECONNREFUSED'), refusing('connect ECONNREFUSED'), primary]);
    await connection.command('GET', 'a');
    fakes[0]!.answer = never;
    for (let seconds = 0; seconds < 12; seconds++) timing.advance(1_000);
    await vi.waitFor(() => expect(opened()).toBeGreaterThan(1));
    expect(reports).toEqual(['CONNECTION_LOST']);
    await expect(connection.command('GET', 'a')).rejects.toThrow();
    await vi.waitFor(() => {
      timing.advance(2_000);
      expect(reports).toEqual(['CONNECTION_LOST', 'CONNECTION_RESTORED']);
    });
    expect(await connection.command('GET', 'a')).toBe(0);
    connection.close();
    await expect(connection.command('GET', 'a')).rejects.toThrow('closed');
    expect(timing.pending).toBe(0);
  });
});

it('takes for a loss whatever is no reply of Redis', () => {
  expect(classifyRedisError(new Error('Connection is closed.')).leaves).toBe(true);
  expect(classifyRedisError(new Error('read ECONNRESET')).leaves).toBe(true);
});
