import { defineConfig } from 'vitest/config';

/** What has most to do with transactions, through PgBouncer. */
export default defineConfig({
  test: {
    include: ['auth/*', 'database/*', 'todos/*', 'flows'].map((name) => `test/${name}.test.ts`),
    globalSetup: 'test/pgbouncer/global-setup.ts',
    testTimeout: 30_000,
    maxWorkers: '100%',
  },
});
