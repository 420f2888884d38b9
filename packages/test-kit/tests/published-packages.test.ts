import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pnpm } from '../../../scripts/pnpm.mjs';
import { CONSUMER_OF_TYPES, REGISTERED_THROUGH } from './consumer-of-types.js';

/** What would be published is packed, installed by npm in an empty project, and used from there as a user does. */

const root = resolve(import.meta.dirname, '../../..');
const manifests = ['protocol', 'server', 'client', 'react'].map((name) => {
  const folder = join(root, 'packages', name);
  return { folder, ...(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest) };
});

interface Manifest {
  name: string;
  exports: Record<string, string | { import?: object }>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** `@notes/job-events-server/postgres` and so on: every subpath that is code. */
const subpaths = manifests.flatMap(({ name, exports }) =>
  Object.entries(exports).flatMap(([subpath, target]) => (typeof target === 'object' && target.import ? [name + subpath.slice(1)] : [])),
);

let project: string;
const inProject = (file: string, args: string[]): string =>
  execFileSync(file, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const write = (file: string, text: string): void => writeFileSync(join(project, file), text);

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'job-events-user-'));
  const packed = Object.fromEntries(manifests.map(({ name, folder }) => [name, `file:${pack(folder)}`]));
  write('package.json', JSON.stringify({
    name: 'user',
    private: true,
    dependencies: { ...packed, ...peers(), typescript: '^7.0.2' },
    overrides: Object.fromEntries(Object.keys(packed).map((name) => [name, `$${name}`])),
  }));
  inProject('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps', '--prefer-offline']);
}, 240_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

it('every entry can be imported', () => {
  write('import.mjs', `${subpaths.map((path) => `await import('${path}');`).join('\n')}\nconsole.log('imported');`);
  expect(inProject('node', ['import.mjs'])).toContain('imported');
});

it('every entry can be required', () => {
  write('require.cjs', `${subpaths.map((path) => `require('${path}');`).join('\n')}\nconsole.log('required');`);
  expect(inProject('node', ['require.cjs'])).toContain('required');
});

it.each([
  ['same-class.mjs', (name: string) => `await import('${name}')`],
  ['same-class.cjs', (name: string) => `require('${name}')`],
])('a class is the same from whichever entry it comes (%s)', (file, load) => {
  write(file, `(async () => {
    ${load('reflect-metadata')};
    const { JobEventEmitterService, MemoryJobStore } = ${load('@notes/job-events-server')};
    const { JobEventsModule } = ${load('@notes/job-events-server/nestjs')};
    const { Module } = ${load('@nestjs/common')};
    const { NestFactory } = ${load('@nestjs/core')};
    class Worker {}
    Module({ imports: [JobEventsModule.forWorker({ store: new MemoryJobStore(), broadcaster: { to: () => ({ emit() {} }) } })] })(Worker);
    const app = await NestFactory.createApplicationContext(Worker, { logger: false });
    console.log(app.get(JobEventEmitterService) instanceof JobEventEmitterService ? 'same' : 'other');
    await app.close();
  })();`);
  expect(inProject('node', [file])).toBe('same\n');
});

it.each([['nodenext', 'consumer.mts'], ['nodenext', 'consumer.cts'], ['bundler', 'consumer.tsx']] as const)(
  'the declarations infer what an application wants (%s, %s)',
  (resolution, file) => {
    const imports = file.endsWith('.cts') ? CONSUMER_OF_TYPES.replace("import * as z from 'zod'", "import z = require('zod')") : CONSUMER_OF_TYPES;
    expect(typecheck(resolution, file, imports)).toBe('');
  },
  60_000,
);

it.each(manifests.map(({ name }) => name).filter((name) => !name.endsWith('protocol')))(
  'jobs registered through %s type its snapshots',
  (name) => expect(typecheck('bundler', 'registered.ts', REGISTERED_THROUGH(name))).toBe(''),
  60_000,
);

it('the main entries need none of the optional peers', () => {
  write('main-only.mjs', `
    import { registerHooks } from 'node:module';
    const optional = ${JSON.stringify(Object.keys(manifests.find(({ name }) => name.endsWith('server'))!.peerDependencies!).filter((name) => name !== 'socket.io'))};
    registerHooks({ resolve(specifier, context, next) {
      if (optional.some((name) => specifier === name || specifier.startsWith(name + '/'))) throw new Error('imported ' + specifier);
      return next(specifier, context);
    } });
    await import('@notes/job-events-server');
    await import('@notes/job-events-client');
    console.log('alone');
  `);
  expect(inProject(join(root, 'node_modules/.bin/node'), ['main-only.mjs'])).toContain('alone');
});

function pack(folder: string): string {
  const { stdout, stderr, status } = pnpm(['--dir', folder, 'pack', '--json', '--pack-destination', project]);
  if (status !== 0) throw new Error(`pnpm pack failed in ${folder}:\n${stdout}${stderr}`);
  return (JSON.parse(stdout) as { filename: string }).filename;
}

/** What a user of every subpath has installed beside the packages, in the versions that this repository tests with. */
function peers(): Record<string, string> {
  const tested: Record<string, string> = Object.assign({}, ...manifests.map(({ devDependencies }) => devDependencies));
  const names = manifests.flatMap(({ peerDependencies }) => Object.keys(peerDependencies ?? {}));
  const types = ['@types/react', '@types/pg', 'reflect-metadata', 'rxjs', 'zod'];
  const versions = [...names, ...types].flatMap((name) => (tested[name] === undefined ? [] : [[name, tested[name]] as const]));
  return { ...Object.fromEntries(versions), zod: '^4.6.7', '@types/node': '^24.0.0', vitest: '^5.1.1' };
}

/** What the newest TypeScript has to say of a user's file, strict, our declarations included. Empty: nothing. */
function typecheck(resolution: 'nodenext' | 'bundler', file: string, text: string): string {
  write(file, text);
  write('tsconfig.json', JSON.stringify({
    compilerOptions: {
      strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: 'es2023', jsx: 'react-jsx', types: ['node'], skipLibCheck: true,
      lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
      ...(resolution === 'bundler' ? { module: 'esnext', moduleResolution: 'bundler' } : { module: 'nodenext' }),
    },
    files: [file],
  }));
  try {
    return inProject('npx', ['tsc', '-p', '.']);
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
