import { configDefaults, defineConfig } from 'vitest/config';

// Tests run on the sources: the condition leads imports of @notes/* to src instead of dist.
const conditions = ['@notes/source'];

interface ProjectOptions {
  environment?: 'node' | 'jsdom';
  /** The tests run what is built: processes, browsers, packed packages. */
  built?: boolean;
  include?: string[];
  exclude?: string[];
  /** BullMQ 5 in the place of BullMQ 6. */
  bullmq5?: boolean;
}

const PATIENT_WAITS = [new URL('packages/test-kit/src/patient-waits.ts', import.meta.url).pathname];
const BUILT_REACT = 'tests/built/**/*.test.ts';
/** Commands of their own, for what takes longer than an ordinary test may: `vitest.faults.ts` and `vitest.e2e.ts`. */
const LONG = ['**/*.faults.test.ts', '**/*.e2e.test.ts'];

const project = (
  name: string,
  root: string,
  {
    environment = 'node',
    built = false,
    include = ['src/**/*.test.{ts,tsx}', 'tests/**/*.test.{ts,tsx}'],
    exclude = [],
    bullmq5 = false,
  }: ProjectOptions = {},
) => ({
  extends: true as const,
  root,
  resolve: { alias: bullmq5 ? { bullmq: 'bullmq-5' } : {} },
  test: {
    name,
    environment,
    include,
    exclude: [...configDefaults.exclude, ...LONG, ...exclude],
    setupFiles: PATIENT_WAITS,
    env: bullmq5 ? { BULLMQ_MAJOR: '5' } : {},
    globalSetup: built ? [new URL('packages/test-kit/src/build-once.ts', import.meta.url).pathname] : [],
  },
});

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Many tests kill real servers and processes on a machine that is shared. A test that needed another try is named.
    retry: process.env['CI'] === 'true' ? 2 : 0,
    projects: [
      project('protocol', 'packages/protocol'),
      project('server', 'packages/server'),
      // The oldest version that the peer range of the server claims.
      project('server-bullmq-5', 'packages/server', { include: ['{src,tests}/bullmq/**/*.test.ts'], bullmq5: true }),
      project('client', 'packages/client'),
      project('react', 'packages/react', { environment: 'jsdom', exclude: [BUILT_REACT] }),
      project('react-built', 'packages/react', { built: true, include: [BUILT_REACT] }),
      project('local-postgres', 'packages/local-postgres'),
      project('test-kit', 'packages/test-kit', { built: true }),
      project('pdf-notes', 'examples/pdf-notes', { built: true, include: ['{src,tests,web/src}/**/*.test.ts'] }),
    ],
  },
});
