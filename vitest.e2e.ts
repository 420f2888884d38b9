import { configDefaults, defineConfig } from 'vitest/config';

/**
 * Whole applications as people use them: the examples with their processes and pages, and applications of the packed packages with each
 * version of the peers. The ordinary tests are in `vitest.workspace.ts`.
 */
export default defineConfig({
  test: {
    include: ['packages/*/tests/**/*.e2e.test.ts', 'examples/*/tests/**/*.e2e.test.ts'],
    exclude: configDefaults.exclude,
    globalSetup: [new URL('packages/test-kit/src/build-once.ts', import.meta.url).pathname],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    setupFiles: [new URL('packages/test-kit/src/patient-waits.ts', import.meta.url).pathname],
    maxWorkers: 2,
    retry: process.env['CI'] === 'true' ? 1 : 0,
  },
  resolve: { conditions: ['@notes/source', 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: ['@notes/source', 'module', 'node', 'development|production'] } },
});
