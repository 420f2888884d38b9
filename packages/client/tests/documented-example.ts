import { build, type Plugin } from 'esbuild';
import { readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);

/** A block of the documentation that begins with `// name.ts`, as a reader would paste it. */
function blockOf(page: string, name: string): string {
  const text = readFileSync(new URL(`docs/${page}`, root), 'utf8');
  const code = [...text.matchAll(/^```tsx?\n(.*?)^```$/gms)].map(([, block = '']) => block).find((block) => block.startsWith(`// ${name}\n`));
  if (code === undefined) throw new Error(`docs/${page} has no block that begins with // ${name}.`);
  return code;
}

/** The packages that an example imports: the sources here, and what a test puts in the place of others. */
const installed = (stubs: Readonly<Record<string, string>>): Plugin => ({
  name: 'installed',
  setup(bundler) {
    const ours = /^@notes\/job-events-client(\/react-native)?$/;
    bundler.onResolve({ filter: ours }, ({ path }) => ({ path: new URL(`../src/${ours.exec(path)![1]?.slice(1) ?? 'index'}.ts`, import.meta.url).pathname }));
    bundler.onResolve({ filter: /./ }, ({ path }) => (path in stubs ? { path, namespace: 'stub' } : undefined));
    bundler.onLoad({ filter: /./, namespace: 'stub' }, ({ path }) => ({ contents: stubs[path]! }));
  },
});

export interface ExampleOptions {
  readonly platform: 'node' | 'browser';
  /** `iife`: its exports are the global `example`. */
  readonly format: 'esm' | 'iife';
  readonly stubs?: Readonly<Record<string, string>>;
}

/** An example of the documentation as one script, with everything that it imports. */
export async function bundleExample(page: string, name: string, { platform, format, stubs = {} }: ExampleOptions): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: blockOf(page, name), loader: 'ts', resolveDir: new URL('.', import.meta.url).pathname },
    bundle: true,
    write: false,
    logLevel: 'error',
    target: 'es2022',
    platform,
    format,
    globalName: 'example',
    conditions: ['@notes/source'],
    plugins: [installed(stubs)],
    // What is CommonJS inside asks for modules of Node.
    ...(platform === 'node' && { banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` } }),
  });
  return outputFiles[0]!.text;
}
