import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

/** What has most to do with transactions, through PgBouncer. */
export default defineConfig({
  test: {
    include: ['auth/*', 'database/*', 'todos/*', 'flows'].map((name) => `test/${name}.test.ts`),
    globalSetup: 'test/pgbouncer/global-setup.ts',
    ...PATIENCE,
    maxWorkers: '100%',
  },
});
