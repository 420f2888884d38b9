import { build } from 'esbuild';
import { brotliCompressSync, gzipSync } from 'node:zlib';

export interface BundledSize {
  readonly minified: number;
  readonly gzipped: number;
  readonly brotli: number;
}

/** What a page downloads for these lines: bundled for browsers in production, minified, without React and what only Node has. Sizes in bytes. */
export async function bundledSize(lines: string, resolveDir: string): Promise<BundledSize> {
  const { outputFiles } = await build({
    stdin: { contents: lines, resolveDir, loader: 'ts' },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    external: ['react', 'react-dom', 'react/jsx-runtime', 'node:*'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  });
  const code = outputFiles[0]!.contents;
  return { minified: code.length, gzipped: gzipSync(code, { level: 9 }).length, brotli: brotliCompressSync(code).length };
}
