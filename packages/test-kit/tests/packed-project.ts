import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pnpm } from '../../../scripts/pnpm.mjs';

interface Manifest {
  name: string;
  exports: Record<string, string | { import?: object }>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

export const root = resolve(import.meta.dirname, '../../..');

/** What would be published, in the order in which one needs the other. */
export const manifests = ['protocol', 'server', 'client', 'react'].map((name) => {
  const folder = join(root, 'packages', name);
  return { folder, ...(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest) };
});

export interface TypecheckOptions {
  readonly resolution: 'nodenext' | 'bundler';
  /** Whether declarations are checked as well: those of every package that the file reaches. */
  readonly declarations?: boolean;
}

/** A user's project, empty but for what it has installed. */
export interface PackedProject extends Disposable {
  write(file: string, text: string): void;
  /** What a program wrote that ran in it. @throws when it failed, with what it wrote. */
  run(file: string, args: readonly string[], env?: Readonly<Record<string, string>>): string;
  /** What the newest TypeScript has to say of a user's file, strict. Empty: nothing. */
  typecheck(file: string, text: string, options: TypecheckOptions): string;
}

export interface ProjectOptions {
  /** Those of our packages that it has, by their folders. */
  readonly packages: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
  readonly npmOptions?: readonly string[];
}

/** What would be published is packed, and installed by npm in an empty project. */
export function packedProject({ packages, dependencies, npmOptions = [] }: ProjectOptions): PackedProject {
  const project = mkdtempSync(join(tmpdir(), 'job-events-user-'));
  const run: PackedProject['run'] = (file, args, env = {}) =>
    execFileSync(file, args, { cwd: project, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const write: PackedProject['write'] = (file, text) => writeFileSync(join(project, file), text);
  const packed = Object.fromEntries(
    manifests.filter(({ folder }) => packages.some((name) => folder.endsWith(`/${name}`))).map(({ name, folder }) => [name, `file:${pack(folder, project)}`]),
  );
  write('package.json', JSON.stringify({
    name: 'user',
    private: true,
    dependencies: { ...packed, ...dependencies, typescript: '^7.0.2', '@types/node': '^24.0.0' },
    overrides: Object.fromEntries(Object.keys(packed).map((name) => [name, `$${name}`])),
  }));
  const dispose = (): void => rmSync(project, { recursive: true, force: true });
  try {
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', ...npmOptions]);
  } catch (error) {
    dispose();
    throw error;
  }

  return {
    write,
    run,
    typecheck: (file, text, { resolution, declarations = false }) => {
      write(file, text);
      write('tsconfig.json', JSON.stringify({
        compilerOptions: {
          strict: true, exactOptionalPropertyTypes: true, noEmit: true, target: 'es2023', jsx: 'react-jsx', types: ['node'], skipLibCheck: !declarations,
          lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'],
          ...(resolution === 'bundler' ? { module: 'esnext', moduleResolution: 'bundler' } : { module: 'nodenext' }),
        },
        files: [file],
      }));
      try {
        return run('npx', ['tsc', '-p', '.', '--pretty', 'false']);
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    },
    [Symbol.dispose]: dispose,
  };
}

function pack(folder: string, destination: string): string {
  const { stdout, stderr, status } = pnpm(['--dir', folder, 'pack', '--json', '--pack-destination', destination]);
  if (status !== 0) throw new Error(`pnpm pack failed in ${folder}:\n${stdout}${stderr}`);
  return (JSON.parse(stdout) as { filename: string }).filename;
}
