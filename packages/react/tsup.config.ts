import { defineConfig, type Options } from 'tsup';

const common: Options = { format: ['esm', 'cjs'], dts: true, sourcemap: true, target: 'es2022' };

export default defineConfig([
  {
    ...common,
    // One build of both entries with shared chunks, for CommonJS too: the devtools read the provider's context.
    entry: { index: 'src/index.ts', 'devtools/index': 'src/devtools/index.ts' },
    splitting: true,
    clean: ['!**/server.*'],
    // The hooks run in the browser; without this, frameworks with server components refuse to import them there.
    banner: { js: "'use client';" },
  },
  // For server components: on its own, so that no chunk of it is the browser's.
  { ...common, entry: { server: 'src/server.ts' }, splitting: false },
]);
