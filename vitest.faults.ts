import { configDefaults, defineConfig } from 'vitest/config';

const conditions = ['@notes/source'];

/** The long fault tests: real servers that are killed, cut off and failed over. The ordinary tests are in `vitest.workspace.ts`. */
export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  test: {
    include: ['packages/*/{src,tests}/**/*.faults.test.ts', 'examples/*/tests/**/*.faults.test.ts'],
    exclude: configDefaults.exclude,
    passWithNoTests: true,
    testTimeout: 180_000,
    hookTimeout: 120_000,
    setupFiles: [new URL('packages/test-kit/src/patient-waits.ts', import.meta.url).pathname],
    // One at a time: each of them starts several servers and measures how soon they are served again.
    maxWorkers: 1,
    retry: process.env['CI'] === 'true' ? 2 : 0,
  },
});
