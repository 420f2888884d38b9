import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;
const optionalPeers = Object.keys(manifest.peerDependenciesMeta).filter((name) => manifest.peerDependenciesMeta[name]?.optional);

/** What a module imports when it runs: `import type` is gone by then. */
function runtimeImportsOf(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\s(?!type\s)(?:[^'";]*?\sfrom\s)?['"]([^'"]+)['"]/gm);
  const dynamic = source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g);
  return [...statements, ...dynamic].map((match) => match[1] ?? '');
}

const packageOf = (specifier: string): string => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');

/** The packages that an entry of the sources reaches, each with the first file that imports it. */
async function packagesBehind(entry: string): Promise<ReadonlyMap<string, string>> {
  const packages = new Map<string, string>();
  const seen = new Set<string>();
  const waiting = [join(root, 'src', entry)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const specifier of runtimeImportsOf(await readFile(file, 'utf8'))) {
      if (specifier.startsWith('.')) waiting.push(join(dirname(file), specifier.replace(/\.js$/, '.ts')));
      else if (!specifier.startsWith('node:') && !packages.has(packageOf(specifier))) packages.set(packageOf(specifier), relative(root, file));
    }
  }
  return packages;
}

describe('the main entry', () => {
  it('runs without any of the optional peers', async () => {
    const packages = await packagesBehind('index.ts');
    expect([...packages].filter(([name]) => optionalPeers.includes(name))).toEqual([]);
  });
});

describe.each(['index.ts', 'redis/index.ts', 'postgres/index.ts', 'bullmq/index.ts', 'nestjs/index.ts', 'testing/index.ts'])('the entry %s', (entry) => {
  it('imports nothing that is not declared', async () => {
    const declared = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]);
    expect([...(await packagesBehind(entry))].filter(([name]) => !declared.has(name))).toEqual([]);
  });
});
