import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { IN_THE_BROWSER, ON_THE_SERVER, REACT_NATIVE, VUE } from './documentation-context.js';

/**
 * Every block of TypeScript in the documentation is a file of its own, as a reader would paste it, and is checked against
 * the declarations that are published. One that begins with `// name.ts` has that name, and others may import it. Errors
 * have the document's own line numbers.
 */

const root = resolve(import.meta.dirname, '../../..');
const documents = ['README.md', ...globSync('{docs/*,{packages,examples}/*/README}.md', { cwd: root }).sort()];

/** The other documents are about servers; of those, what is React is of a page too. */
const ABOUT_THE_BROWSER = new Set(['docs/client.md', 'docs/testing.md', 'docs/web-workers.md', 'docs/react-native.md', ...['client', 'react', 'protocol'].map((name) => `packages/${name}/README.md`)]);

/** Where what a reader has installed is installed here. */
const USED_FROM = ['packages/server', 'packages/client', 'packages/react', 'packages/test-kit', 'examples/pdf-notes'];

interface Block {
  readonly file: string;
  readonly side: 'server' | 'browser';
}

let project: string;
let blocks: readonly Block[];
const write = (file: string, text: string): void => writeFileSync(join(project, file), text);

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'job-events-reader-'));
  for (const folder of USED_FROM) installFrom(join(root, folder, 'node_modules'));
  write('package.json', JSON.stringify({ name: 'reader', private: true, type: 'module' }));
  write('server-context.d.ts', ON_THE_SERVER);
  write('browser-context.d.ts', IN_THE_BROWSER);
  write('vue.d.ts', VUE);
  write('react-native.d.ts', REACT_NATIVE);
  blocks = documents.flatMap(writeBlocks);
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

it.each([
  ['server', 'bundler'],
  ['server', 'nodenext'],
  ['browser', 'bundler'],
  ['browser', 'nodenext'],
] as const)('the snippets for the %s compile as they stand (%s)', (side, resolution) => {
  const files = blocks.filter((block) => block.side === side).map(({ file }) => file);
  expect(files.length).toBeGreaterThan(5);
  expect(typecheck(side, resolution, files)).toBe('');
});

it('a snippet that uses what is not there is found, with its line', () => {
  write('wrong.ts', `import { createJobEvent } from '@notes/job-events-server';\nnew WebSocketService();\nemitter.emitProgres({});`);
  expect(typecheck('server', 'bundler', ['wrong.ts']).split('\n')).toEqual([
    expect.stringMatching(/^wrong\.ts\(1,10\): .* no exported member named 'createJobEvent'/),
    expect.stringMatching(/^wrong\.ts\(2,5\): .* find name 'WebSocketService'/),
    expect.stringMatching(/^wrong\.ts\(3,9\): .* 'emitProgres' does not exist/),
  ]);
});

/** What is installed there, as npm would lay it out here: links to the built packages and to what they are tested with. */
function installFrom(folder: string): void {
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  for (const name of names.flatMap((name) => (name.startsWith('@') ? readdirSync(join(folder, name)).map((inner) => `${name}/${inner}`) : [name]))) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    try {
      symlinkSync(realpathSync(join(folder, name)), link, 'junction');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function writeBlocks(document: string): Block[] {
  const text = readFileSync(join(root, document), 'utf8');
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(({ 1: extension, 2: code = '', index }) => {
    const line = text.slice(0, index).split('\n').length;
    const file = /^\/\/ (\S+\.tsx?)$/m.exec(code.split('\n', 1)[0]!)?.[1] ?? `${document.replaceAll('/', '-')}-${line}.${extension}`;
    write(file, `${'\n'.repeat(line)}${code}\nexport {};\n`);
    return { file, side: extension === 'tsx' || ABOUT_THE_BROWSER.has(document) ? 'browser' : 'server' };
  });
}

/** What the compiler has to say, strict. Empty: nothing. */
function typecheck(side: Block['side'], resolution: 'nodenext' | 'bundler', files: readonly string[]): string {
  write('tsconfig.json', JSON.stringify({
    compilerOptions: {
      strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: 'es2023', jsx: 'react-jsx', skipLibCheck: true,
      experimentalDecorators: true, esModuleInterop: true, types: ['node'], typeRoots: [join(root, 'node_modules/@types')],
      // Without the DOM a forgotten import is not taken for a global of browsers, such as `close` or `name`.
      lib: side === 'browser' ? ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'] : ['es2023', 'esnext.disposable'],
      ...(resolution === 'bundler' ? { module: 'esnext', moduleResolution: 'bundler' } : { module: 'nodenext' }),
    },
    files: [`${side}-context.d.ts`, 'vue.d.ts', 'react-native.d.ts', ...files],
  }));
  try {
    return execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: project, encoding: 'utf8' });
  } catch (error) {
    return (error as { stdout: string }).stdout.trimEnd();
  }
}
