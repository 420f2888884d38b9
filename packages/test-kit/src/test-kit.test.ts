import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, launchChromium, spawnNode, startPostgres, startRedis } from './index.js';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'test-kit-test-')); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('spawnNode', () => {
  it('gives lines and messages, sent before or after they are waited for, and kills for good', async () => {
    const node = spawnNode(script('talk.mjs', `
      console.log('hello ' + process.argv[2]);
      process.on('message', (message) => process.send({ got: message }));
      setInterval(() => {}, 1000);
    `), { args: ['you'] });
    expect(await node.waitForLine('hello')).toBe('hello you');
    node.send({ a: 1 });
    expect(await node.waitForMessage()).toEqual({ got: { a: 1 } });
    await node.kill();
    expect(node.isRunning).toBe(false);
    expect(await node.ended).toBe('SIGKILL');
  });

  it('rejects with the output when the process ends instead', async () => {
    await using node = spawnNode(script('die.mjs', `console.error('out of luck'); process.exitCode = 3;`));
    await expect(node.waitForLine('ready')).rejects.toThrow('out of luck');
    expect(await node.ended).toBe(3);
  });

  it('runs the sources of this repository', async () => {
    await using node = spawnNode(script('sources.mts', `
      import { rankOf } from '${new URL('../../protocol/src/index.ts', import.meta.url).href}';
      console.log('rank ' + rankOf('completed'));
    `));
    expect(await node.waitForLine('rank')).toBe('rank 2');
  });
});

describe('startPostgres', () => {
  it('makes databases that sort by a language, ends their connections, and starts again with its data', async () => {
    await using server = await startPostgres();
    await using database = await server.createDatabase();
    expect(await database.query<{ t: string }>(`select t from (values ('B'), ('a')) v(t) order by t`)).toEqual([{ t: 'a' }, { t: 'B' }]);
    const sleeping = database.query('select pg_sleep(60)');
    const outcome = sleeping.then(() => 'done', (error: Error) => error.message);
    // Only once it sleeps: a connection that ends before it was used says so in other words.
    const asleep = `select 1 from pg_stat_activity where state = 'active' and query = 'select pg_sleep(60)'`;
    await expect.poll(() => database.query(asleep)).toHaveLength(1);
    expect(await database.terminateConnections()).toBeGreaterThan(0);
    expect(await outcome).toMatch(/terminat/);
    await database.query('create table kept as select 1 as one');
    await server.stop();
    await expect(database.query('select 1')).rejects.toThrow();
    await server.start();
    expect(await database.query('select one from kept')).toEqual([{ one: 1 }]);
  });
});

describeWith(['redis-server'], 'startRedis', () => {
  const ping = (url: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('PING\r\n'));
      socket.once('data', (data) => { resolve(data.toString().trim()); socket.destroy(); });
      socket.once('error', reject);
    });

  it('answers, dies and comes back', async () => {
    await using redis = await startRedis({ own: true });
    expect(await ping(redis.url)).toBe('+PONG');
    await redis.kill();
    await expect(ping(redis.url)).rejects.toThrow('ECONNREFUSED');
    await redis.start();
    expect(await ping(redis.url)).toBe('+PONG');
  });
});

describeWith(['chromium'], 'launchChromium', () => {
  it('opens pages', async () => {
    await using browser = await launchChromium();
    const page = await browser.newPage();
    await page.setContent('<title>Hello</title>');
    expect(await page.title()).toBe('Hello');
  });
});
