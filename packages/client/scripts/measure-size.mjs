// What a page downloads for the client's own code, beside socket.io-client alone: bundled, minified,
// gzipped. Run as a program it prints a table of what each module adds.
import { build } from 'esbuild';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** In bytes, beyond socket.io-client. */
export const LIMIT = 13_620;

const gzipped = (contents) => gzipSync(contents, { level: 9 }).length;

async function bundle(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('../src', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    conditions: ['@notes/source'],
    sourcemap: 'external',
    sourcesContent: false,
    write: false,
    outdir: 'out',
  });
  const [map, code] = outputFiles.map(({ text }) => text);
  const sources = JSON.parse(map);
  return { code, map: new SourceMap(sources), paths: sources.sources, gzipped: gzipped(code) };
}

/** What each module has in the bundle: its bytes, and how many gzipped ones go with it when it is cut out. */
function attribute({ code, map, gzipped: total }) {
  const codeOf = new Map();
  const pathAt = [];
  code.split('\n').forEach((line, row) => {
    for (let column = 0; column <= line.length; column++) {
      const path = map.findEntry(row, column).originalSource;
      pathAt.push(path);
      codeOf.set(path, (codeOf.get(path) ?? 0) + 1);
    }
  });
  const without = (path) => [...code].filter((_letter, at) => pathAt[at] !== path).join('');
  return [...codeOf].filter(([path]) => path).map(([path, bytes]) => ({ path, bytes, gzipped: total - gzipped(without(path)) }));
}

export async function measureSize() {
  const [client, socketIo, service] = await Promise.all([
    bundle(`export * from './index.js'`),
    bundle(`export { io } from 'socket.io-client'`),
    bundle(`export { WebSocketService } from './index.js'`),
  ]);
  return {
    client,
    paths: client.paths,
    socketIo: socketIo.gzipped,
    added: client.gzipped - socketIo.gzipped,
    addedByService: service.gzipped - socketIo.gzipped,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { client, socketIo, added, addedByService } = await measureSize();
  console.log('gzipped minified module');
  for (const { path, bytes, gzipped } of attribute(client).sort((a, b) => b.gzipped - a.gzipped))
    if (!path.includes('node_modules')) console.log(String(gzipped).padStart(7), String(bytes).padStart(8), path.replace(/^(\.\.\/)+/, ''));
  console.log(`${client.gzipped} bytes gzipped; socket.io-client alone has ${socketIo}. Added: ${added}, at most ${LIMIT}; ${addedByService} where only WebSocketService is used.`);
  if (added > LIMIT) process.exitCode = 1;
}
