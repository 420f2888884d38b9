import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CONSUMER_OF_TYPES, REGISTERED_THROUGH } from './consumer-of-types.js';
import { manifests, packedProject, root, type PackedProject } from './packed-project.js';

/** What would be published is packed, installed by npm in an empty project, and used from there as a user does. */

/** `@notes/job-events-server/postgres` and so on: every subpath that is code. */
const subpaths = manifests.flatMap(({ name, exports }) =>
  Object.entries(exports).flatMap(([subpath, target]) => (typeof target === 'object' && target.import ? [name + subpath.slice(1)] : [])),
);

let project: PackedProject;
const inProject: PackedProject['run'] = (...command) => project.run(...command);
const write: PackedProject['write'] = (...file) => project.write(...file);

beforeAll(() => {
  project = packedProject({ packages: ['protocol', 'server', 'client', 'react'], dependencies: peers(), npmOptions: ['--legacy-peer-deps'] });
}, 240_000);

afterAll(() => project?.[Symbol.dispose]());

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

it('an application that loads both module formats of the client has one shared client', () => {
  write('one-client.mjs', `
    import { createRequire } from 'node:module';
    import * as esm from '@notes/job-events-client';
    const cjs = createRequire(import.meta.url)('@notes/job-events-client');
    // Enough of a browser for a client that nobody connects: on a server there is no shared one.
    globalThis.window = {};
    const [first, second] = [esm, cjs].map(({ WebSocketService }) => WebSocketService.getInstance({ url: 'http://localhost:1' }));
    console.log(esm.WebSocketService === cjs.WebSocketService ? 'one module' : 'two modules', first === second ? 'one client' : 'two clients');
    cjs.WebSocketService.reset();
    console.log(esm.WebSocketService.getInstance() === first ? 'kept' : 'forgotten by both');
  `);
  expect(inProject('node', ['one-client.mjs'])).toBe('two modules one client\nforgotten by both\n');
});

it.each([['nodenext', 'consumer.mts'], ['nodenext', 'consumer.cts'], ['bundler', 'consumer.tsx']] as const)(
  'the declarations infer what an application wants (%s, %s)',
  (resolution, file) => {
    const imports = file.endsWith('.cts') ? CONSUMER_OF_TYPES.replace("import * as z from 'zod'", "import z = require('zod')") : CONSUMER_OF_TYPES;
    expect(project.typecheck(file, imports, { resolution })).toBe('');
  },
  60_000,
);

it.each(manifests.map(({ name }) => name).filter((name) => !name.endsWith('protocol')))(
  'jobs registered through %s type its snapshots',
  (name) => expect(project.typecheck('registered.ts', REGISTERED_THROUGH(name), { resolution: 'bundler' })).toBe(''),
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

/** What a user of every subpath has installed beside the packages, in the versions that this repository tests with. */
function peers(): Record<string, string> {
  const tested: Record<string, string> = Object.assign({}, ...manifests.map(({ devDependencies }) => devDependencies));
  const names = manifests.flatMap(({ peerDependencies }) => Object.keys(peerDependencies ?? {}));
  const types = ['@types/react', '@types/pg', 'reflect-metadata', 'rxjs', 'zod'];
  const versions = [...names, ...types].flatMap((name) => (tested[name] === undefined ? [] : [[name, tested[name]] as const]));
  return { ...Object.fromEntries(versions), zod: '^4.6.7', vitest: '^5.1.1' };
}
