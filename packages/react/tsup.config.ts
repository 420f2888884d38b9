import { defineConfig } from 'tsup';

export default defineConfig({
  // One build of these entries with shared chunks, for CommonJS too: the devtools read the provider's context.
  entry: { index: 'src/index.ts', tanstack: 'src/tanstack.ts', 'devtools/index': 'src/devtools/index.ts' },
  format: ['esm', 'cjs'],
  splitting: true,
  dts: true,
  clean: true,
  sourcemap: true,
  target: 'es2022',
  // The hooks run in the browser; without this, frameworks with server components refuse to import them there.
  banner: { js: "'use client';" },
});
