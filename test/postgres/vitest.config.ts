import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

/** The whole suite on PostgreSQL, and what is about PostgreSQL alone. */
export default mergeConfig(base, {
  test: {
    globalSetup: 'test/postgres/global-setup.ts',
    setupFiles: ['test/postgres/hold-sql.ts'],
    projects: [
      { extends: true, test: { name: 'postgres', include: ['test/postgres/**/*.test.ts'] } },
    ],
  },
});
