// What a page downloads for the client's own code, beside socket.io-client alone: bundled, minified,
// gzipped.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** In bytes, beyond socket.io-client. */
export const LIMIT = 13_080;

async function bundle(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../src', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@notes/source'],
    metafile: true,
    write: false,
    outdir: 'out',
  });
  const [file] = outputFiles;
  const [{ inputs }] = Object.values(metafile.outputs);
  return {
    gzipped: gzipSync(file.contents, { level: 9 }).length,
    parts: Object.entries(inputs).map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput })),
  };
}

export async function measureSize() {
  const [client, socketIo] = await Promise.all([bundle(`export * from './index.js'`), bundle(`export { io } from 'socket.io-client'`)]);
  return { total: client.gzipped, socketIo: socketIo.gzipped, added: client.gzipped - socketIo.gzipped, parts: client.parts };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { total, socketIo, added, parts } = await measureSize();
  for (const { path, bytes } of parts.sort((a, b) => b.bytes - a.bytes)) console.log(String(bytes).padStart(6), path);
  console.log(`${total} bytes gzipped; socket.io-client alone has ${socketIo}. Added: ${added}, at most ${LIMIT}.`);
  if (added > LIMIT) process.exitCode = 1;
}
