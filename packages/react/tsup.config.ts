import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm', 'cjs'],
  dts: true,
  sourcemap: true,
  clean: true,
  target: 'es2022',
  // The hooks run in the browser; without this, frameworks with server components refuse to import them there.
  banner: { js: "'use client';" },
});
