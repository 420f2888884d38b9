import { defineConfig } from 'tsup';

// For server components: after the other build, whose `clean` empties the folder, and without a chunk of the browser's.
export default defineConfig({ entry: { server: 'src/server.ts' }, format: ['esm', 'cjs'], splitting: false, dts: true, sourcemap: true, target: 'es2022' });
