import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const FOLDERS: Partial<Record<NodeJS.Platform, string>> = { linux: 'linux64-bin', darwin: 'osx-bin', win32: 'win64-bin' };
const package_ = dirname(createRequire(import.meta.url).resolve('hermes-compiler/package.json'));
const hermesc = join(package_, 'hermesc', FOLDERS[process.platform]!, process.platform === 'win32' ? 'hermesc.exe' : 'hermesc');

it('Hermes, the engine of React Native, compiles client and hooks as they are published', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hermes-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from '@notes/job-events-client'; export * from '@notes/job-events-client/react-native'; export * from '@notes/job-events-react';`,
      resolveDir: new URL('.', import.meta.url).pathname,
    },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'bundle',
    platform: 'browser',
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const script = join(folder, 'bundle.js');
  await writeFile(script, outputFiles[0]!.contents);
  await chmod(hermesc, 0o755);
  const { stderr } = await promisify(execFile)(hermesc, ['-emit-binary', '-out', join(folder, 'bundle.hbc'), script]);
  expect(stderr).not.toContain('error:');
});
