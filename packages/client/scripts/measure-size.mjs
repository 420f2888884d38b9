// What the client adds to socket.io-client, as a browser downloads it: bundled, minified, gzipped.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** In bytes. */
export const LIMIT = 9_000;

export async function measureSize() {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@notes/source'],
    external: ['socket.io-client'],
    metafile: true,
    write: false,
    outdir: 'out',
  });
  const [file] = outputFiles;
  const [{ inputs }] = Object.values(metafile.outputs);
  const parts = Object.entries(inputs).map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }));
  return { gzipped: gzipSync(file.contents, { level: 9 }).length, minified: file.contents.length, parts, code: file.text };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { gzipped, minified, parts } = await measureSize();
  for (const { path, bytes } of parts.sort((a, b) => b.bytes - a.bytes)) console.log(String(bytes).padStart(6), path);
  console.log(`${gzipped} bytes gzipped (${minified} minified), at most ${LIMIT}`);
  if (gzipped > LIMIT) process.exitCode = 1;
}
