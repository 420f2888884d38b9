import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../../', import.meta.url));
/** Inside this package, where the bundles find React and jsdom. */
const cache = fileURLToPath(new URL('../../node_modules/.cache/lists/', import.meta.url));

/** Nothing goes over a network here. */
const withoutNetwork: Plugin = {
  name: 'without-network',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(socket\.io-client|engine\.io-client)$/ }, ({ path }) => ({ path, namespace: 'without-network' }));
    onLoad({ filter: /./, namespace: 'without-network' }, () => ({ contents: 'module.exports = {}', loader: 'js' }));
  },
};

/** The programs of this folder with the sources of the packages as they are now, or were in a commit. Returns the file to run. */
export async function bundle(commit?: string): Promise<string> {
  const sources = commit === undefined ? root : `${cache}${commit}/`;
  if (commit !== undefined) extract(commit, sources);
  const packages = `${sources}packages/`;
  const outfile = `${cache}${commit ?? 'now'}.mjs`;
  await build({
    entryPoints: [fileURLToPath(new URL('measure.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    jsx: 'automatic',
    outfile,
    external: ['react', 'react-dom', 'jsdom'],
    alias: {
      '@notes/job-events-protocol': `${packages}protocol/src/index.ts`,
      '@notes/job-events-client/testing': `${packages}client/src/testing/index.ts`,
      '@notes/job-events-client': `${packages}client/src/index.ts`,
      '@notes/job-events-react': `${packages}react/src/index.ts`,
    },
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [withoutNetwork],
    logLevel: 'error',
  });
  return outfile;
}

/** Takes the sources from the history; nothing of that commit is installed. */
function extract(commit: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const archive = execFileSync('git', ['archive', commit, 'packages/protocol/src', 'packages/client/src', 'packages/react/src'], {
    cwd: root,
    maxBuffer: 2 ** 28,
  });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
}
