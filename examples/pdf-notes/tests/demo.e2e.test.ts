import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { badPdfs } from './pdfs/bad-pdfs.js';
import { descendantsOf, isAlive, RunningDemo } from './support/run-demo.js';

const STAGES = ['INITIALIZING', 'DOWNLOADING', 'EXTRACTING_TEXT', 'GENERATING_NOTES', 'SAVING'];
const SLOW = { timeout: 120_000 };

interface Line {
  readonly jobId?: string;
  readonly status?: string;
  readonly stage?: string;
  readonly progress?: number;
  readonly result?: { readonly noteId: string };
  readonly note?: { readonly id: string; readonly title: string; readonly sections: readonly { readonly points: readonly string[] }[] };
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pdf-notes-files-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('--json shows each stage in order with progress that never falls, one end, and a note from the PDF', SLOW, async () => {
  await using demo = await RunningDemo.start(['--json', '--exit']);
  expect(await demo.ended, demo.stderr).toBe(0);

  const lines = demo.lines.map((line) => JSON.parse(line) as Line);
  const states = lines.filter(({ jobId }) => jobId !== undefined);
  const last = lines.at(-1);
  expect(states).toHaveLength(lines.length - 1);
  expect(new Set(states.map(({ jobId }) => jobId)).size).toBe(1);

  const stages = states.map(({ stage }) => stage).filter((stage) => STAGES.includes(stage ?? ''));
  expect(stages.filter((stage, index) => stage !== stages[index - 1])).toEqual(STAGES);
  const progress = states.map(({ progress = Number.NaN }) => progress);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  for (const [index, stage] of STAGES.entries())
    expect(states).toContainEqual(expect.objectContaining({ status: 'active', stage, progress: [5, 20, 40, 70, 90][index] }));

  const ends = states.filter(({ status }) => status === 'completed');
  expect(ends).toEqual([states.at(-1)]);
  expect(last?.note).toMatchObject({ id: ends[0]?.result?.noteId, title: expect.any(String), summary: expect.any(String) });
  expect(Object.keys(last?.note ?? {})).toEqual(['id', 'title', 'summary', 'sections', 'keyTerms', 'quiz']);

  const source = (await readFile(new URL('../sample/how-we-hear.md', import.meta.url), 'utf8')).replaceAll(/\s+/g, ' ');
  const points = last?.note?.sections.flatMap((section) => section.points) ?? [];
  expect(points.length).toBeGreaterThan(5);
  for (const point of points) expect(source).toContain(point);
});

test('without --json and a terminal it shows the stages in words, then the notes', SLOW, async () => {
  await using demo = await RunningDemo.start(['--exit']);
  expect(await demo.ended, demo.stderr).toBe(0);
  for (const stage of STAGES) expect(demo.stdout).toContain(stage);
  expect(demo.stdout).toContain('Quiz');
  expect(demo.stderr).toBe('');
  expect(await demo.temporaryFiles()).toEqual([]);
});

describe('what is wrong with a file is said in one line', () => {
  test.each([
    { what: 'a file that is not there', args: ['--file', 'absent.pdf', '--exit'], says: /There is no such file: .*absent\.pdf/ },
    { what: 'a folder', args: ['--file', '.', '--exit'], says: /This is a folder, not a PDF/ },
  ])('$what, before anything is started', async ({ args, says }) => {
    await using demo = await RunningDemo.start(args, { calledFrom: folder });
    expect(await demo.ended).toBe(1);
    expect(demo.stdout).toBe('');
    expect(demo.stderr).toMatch(says);
    expect(demo.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a text file named .pdf, found from where the person is', SLOW, async () => {
    await writeFile(join(folder, 'diary.pdf'), 'Dear diary, this is no PDF at all.');
    await using demo = await RunningDemo.start(['--file', 'diary.pdf', '--exit'], { calledFrom: folder });
    expect(await demo.ended).toBe(1);
    expect(demo.stderr).toMatch(/^diary\.pdf: This file is not a PDF[^\n]*\n$/);
    expect(await demo.temporaryFiles()).toEqual([]);
  });

  test('a PDF of which only the worker finds out what is wrong', SLOW, async () => {
    await writeFile(join(folder, 'secret.pdf'), await badPdfs.passwordProtected());
    await using demo = await RunningDemo.start(['--file', 'secret.pdf', '--exit', '--json'], { calledFrom: folder });
    expect(await demo.ended).toBe(1);
    expect(demo.lines.map((line) => JSON.parse(line) as Line).at(-1)).toMatchObject({ status: 'failed', error: { code: 'PDF_ENCRYPTED' } });
    expect(demo.stderr.trim().split('\n').at(-1)).toMatch(/^secret\.pdf: This PDF is protected by a password/);
  });
});

test('a port that is in use is named, with what to do', SLOW, async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  try {
    await using demo = await RunningDemo.start(['--port', String(port), '--exit']);
    expect(await demo.ended).toBe(1);
    expect(demo.stderr).toBe(`Port ${port} is in use by another program. Choose another one with --port.\n`);
  } finally {
    other.close();
  }
});

test('a Redis that is not there is named, with what to do', SLOW, async () => {
  await using demo = await RunningDemo.start(['--exit'], { redisUrl: 'redis://127.0.0.1:1' });
  expect(await demo.ended).toBe(1);
  expect(demo.stderr).toBe('The Redis of REDIS_URL cannot be used: connect ECONNREFUSED 127.0.0.1:1. Without REDIS_URL everything is in PostgreSQL.\n');
});

test('--help says what there is, and a mistake on the command line is a mistake', async () => {
  await using help = await RunningDemo.start(['--help']);
  expect(await help.ended).toBe(0);
  for (const option of ['--file', '--exit', '--json', '--port', '--data-dir', '--api', '--workers', 'REDIS_URL']) expect(help.stdout).toContain(option);
  await using mistake = await RunningDemo.start(['--prot', '80']);
  expect(await mistake.ended).toBe(2);
});

describe('it stays up for the page', () => {
  const link = /http:\/\/127\.0\.0\.1:\d+\/session\/link\?token=\S+/;
  const areGone = (processes: ReadonlyMap<number, string>) =>
    vi.waitFor(() => expect([...processes].filter(([pid]) => isAlive(pid))).toEqual([]), { timeout: 30_000 });

  async function startAndStayUp(...args: string[]) {
    const demo = await RunningDemo.start(args);
    const page = link.exec(await demo.waitForLine(link))?.[0] ?? '';
    const processes = descendantsOf(demo.pid);
    const commands = [...processes.values()].join('\n');
    for (const part of ['api/main.js', 'worker/main.js', 'postgres']) expect(commands).toContain(part);
    return { demo, page, processes };
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends every process and leaves nothing behind', SLOW, async (signal) => {
    const { demo, page, processes } = await startAndStayUp();
    await using _ = demo;
    const signedIn = await fetch(page, { redirect: 'manual' });
    expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/notes\/[0-9a-f-]{36}$/)]);
    demo.signal(signal);
    expect(await demo.ended, demo.stderr).toBe(0);
    expect(demo.stderr).toBe('');
    await areGone(processes);
    expect(await demo.temporaryFiles()).toEqual([]);
  });

  test('the demo is killed: every process ends by itself and leaves nothing behind', SLOW, async () => {
    const { demo, processes } = await startAndStayUp();
    await using _ = demo;
    demo.signal('SIGKILL');
    expect(await demo.ended).toBe('SIGKILL');
    await areGone(processes);
    await vi.waitFor(async () => expect(await demo.temporaryFiles()).toEqual([]), { timeout: 10_000 });
  });

  test('the worker dies: the demo says so and ends everything else', SLOW, async () => {
    const { demo, processes } = await startAndStayUp();
    await using _ = demo;
    const [worker = 0] = [...processes].find(([, command]) => command.includes('worker/main.js')) ?? [];
    process.kill(worker, 'SIGKILL');
    expect(await demo.ended).toBe(1);
    expect(demo.stderr).toContain('The worker has ended by itself (SIGKILL).');
    await areGone(processes);
    expect(await demo.temporaryFiles()).toEqual([]);
  });

  test('of several processes those that die are named and started again, while the page goes on', SLOW, async () => {
    const { demo, page, processes } = await startAndStayUp('--api', '2', '--workers', '2');
    await using _ = demo;
    const idsOf = (script: string, among = descendantsOf(demo.pid)) => [...among].filter(([, command]) => command.includes(script)).map(([pid]) => pid);
    expect(['api/main.js', 'worker/main.js', 'balancer/main.js'].map((script) => idsOf(script).length)).toEqual([2, 2, 1]);
    const killed = [idsOf('api/main.js')[0]!, idsOf('worker/main.js')[1]!];
    for (const pid of killed) process.kill(pid, 'SIGKILL');
    for (let request = 0; request < 4; request += 1) expect((await fetch(new URL('/health', page))).status).toBe(200);
    for (const line of ['The API 1 has ended by itself (SIGKILL). It is started again.', 'The worker 2 has ended by itself (SIGKILL). It is started again.']) await demo.waitForLine(new RegExp(line.replaceAll(/[().]/g, '\\$&')));
    await vi.waitFor(() => expect([idsOf('api/main.js').length, idsOf('worker/main.js').length]).toEqual([2, 2]), { timeout: 30_000 });
    expect(idsOf('main.js')).not.toEqual(expect.arrayContaining(killed));
    const all = descendantsOf(demo.pid);
    demo.signal('SIGINT');
    expect(await demo.ended, demo.stderr).toBe(0);
    await areGone(new Map([...processes, ...all]));
  });

  test('--data-dir keeps the notes for the next time', SLOW, async () => {
    const dataDir = join(folder, 'data');
    const noteIn = (demo: RunningDemo) => (JSON.parse(demo.lines.at(-1) ?? '{}') as Line).note?.id;
    await using first = await RunningDemo.start(['--data-dir', dataDir, '--json', '--exit']);
    expect(await first.ended, first.stderr).toBe(0);
    const { demo, page } = await startAndStayUp('--data-dir', dataDir);
    await using _ = demo;
    const signedIn = await fetch(page, { redirect: 'manual' });
    const notes = await fetch(new URL('/notes', page), { headers: { cookie: signedIn.headers.get('set-cookie') ?? '' } });
    expect(JSON.stringify(await notes.json())).toContain(noteIn(first));
  });
});
