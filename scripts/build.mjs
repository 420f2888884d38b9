// Builds every package and example. With --if-stale only when a source has changed since the last build, and silently
// unless it fails: for the demo and the tests, which need the built files and a clean standard output.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pnpm } from './pnpm.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules/.cache/job-events/built');

const SOURCES = [
  'packages/*/{package.json,tsup.config.ts,tsconfig*.json,src/**/*}',
  'examples/*/{package.json,tsconfig*.json,vite.config.*,src/**/*,web/**/*}',
  'tsconfig*.json',
  'pnpm-lock.yaml',
];

/** Builds where needed. Throws with the build's own output when it fails. */
export function buildIfStale({ announce = () => {} } = {}) {
  const fingerprint = fingerprintOfSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint && everythingIsThere()) return;
  announce('Building the packages and the example (only after a change) …');
  const { status, stdout, stderr } = runBuild('pipe');
  if (status !== 0) throw new Error(`The build failed.\n${stdout}${stderr}`);
  writeStamp(fingerprint);
}

function runBuild(stdio) {
  // A test runner's NODE_ENV would make a page for development of what is to be the page for everybody.
  const { NODE_ENV: _environment, ...env } = process.env;
  return pnpm(['--recursive', '--workspace-concurrency=2', 'run', 'build'], { cwd: root, env, stdio: ['ignore', stdio, stdio] });
}

function fingerprintOfSources() {
  const hash = createHash('sha256');
  for (const path of SOURCES.flatMap((pattern) => globSync(pattern, { cwd: root })).sort()) {
    const file = statSync(join(root, path));
    if (file.isFile()) hash.update(`${path} ${file.mtimeMs} ${file.size}\n`);
  }
  return hash.digest('hex');
}

/** A build script that is there means a dist folder that should be. */
function everythingIsThere() {
  return globSync('{packages,examples}/*/package.json', { cwd: root })
    .filter((path) => JSON.parse(readFileSync(join(root, path), 'utf8')).scripts?.build !== undefined)
    .every((path) => existsSync(join(root, dirname(path), 'dist')));
}

function writeStamp(fingerprint) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--if-stale')) {
    try {
      buildIfStale({ announce: (text) => process.stderr.write(`${text}\n`) });
    } catch (error) {
      process.stderr.write(`${error.message}\n`);
      process.exitCode = 1;
    }
  } else {
    const fingerprint = fingerprintOfSources();
    const { status } = runBuild('inherit');
    if (status === 0) writeStamp(fingerprint);
    process.exitCode = status ?? 1;
  }
}
