import { defineConfig } from 'tsup';

const entry = {
  index: 'src/index.ts',
  debug: 'src/debug.ts',
  'react-native': 'src/react-native.ts',
  'tabs/index': 'src/tabs/index.ts',
  'testing/index': 'src/testing/index.ts',
  'testing/msw': 'src/testing/msw.ts',
};
const browser = { browser: 'src/browser.ts' };

export default defineConfig([
  {
    // One build of all entries with shared chunks, for CommonJS too: a class imported from two entries is one class.
    entry,
    format: ['esm', 'cjs'],
    splitting: true,
    dts: { entry: { ...entry, ...browser } },
    sourcemap: true,
    clean: ['!**/browser.js*'],
    target: 'es2022',
  },
  {
    // For a page without a build step: one file with everything in it.
    entry: browser,
    format: 'esm',
    platform: 'browser',
    noExternal: [/./],
    splitting: false,
    minify: true,
    sourcemap: true,
    target: 'es2022',
  },
]);
