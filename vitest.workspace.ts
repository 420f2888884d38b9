import { defineConfig } from 'vitest/config';

// Tests run on the sources: the condition leads imports of @notes/* to src instead of dist.
const conditions = ['@notes/source'];
const project = (name: string, root: string, environment: 'node' | 'jsdom' = 'node') => ({
  extends: true as const,
  root,
  test: {
    name,
    environment,
    include: ['src/**/*.test.{ts,tsx}', 'tests/**/*.test.{ts,tsx}'],
    typecheck: { enabled: false },
  },
});

export default defineConfig({
  resolve: { conditions: [...conditions, 'module', 'browser', 'development|production'] },
  ssr: { resolve: { conditions: [...conditions, 'module', 'node', 'development|production'] } },
  test: {
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      project('protocol', 'packages/protocol'),
      project('server', 'packages/server'),
      project('client', 'packages/client'),
      project('react', 'packages/react', 'jsdom'),
      project('test-kit', 'packages/test-kit'),
      project('pdf-notes', 'examples/pdf-notes'),
    ],
  },
});
