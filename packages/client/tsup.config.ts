import { defineConfig } from 'tsup';

// One build of all entries with shared chunks, for CommonJS too: a class imported from two entries is one class.
export default defineConfig({
  entry: {
    index: 'src/index.ts',
    'tabs/index': 'src/tabs/index.ts',
    'testing/index': 'src/testing/index.ts',
    'testing/msw': 'src/testing/msw.ts',
  },
  format: ['esm', 'cjs'],
  splitting: true,
  dts: true,
  sourcemap: true,
  clean: true,
  target: 'es2022',
});
