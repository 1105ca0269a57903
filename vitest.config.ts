import { defineConfig } from 'vitest/config';
import { PATIENCE } from './test/support/timeouts.ts';

/** These files mock a module, or count an action that a process does only once. */
const ISOLATED = [
  'auth/database-faults',
  'auth/password',
  'auth/sessions',
  'http/compiled-validators',
].map((name) => `test/${name}.test.ts`);

/**
 * They start the program again and again, hash many passwords or need large data. `npm test` leaves
 * this project out, so that it takes a minute; `npm run test:all` runs it.
 */
const PROCESSES = [
  'auth/login-throttle',
  'auth/stolen-token',
  'auth/crash',
  'auth/user-enumeration',
  'auth/key-source',
  'auth/refresh-races',
  'cli/backup',
  'contract/command',
  'contract/package',
  'database/copy',
  'database/migrate',
  'cli/export',
  'rolling-restart',
  'cli/commands',
  'observability/secrets',
  'main',
  'cli/npm-start',
  'scripts/scripts',
  'todos/fairness',
  'observability/tracing',
  'workers',
].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    ...PATIENCE,
    setupFiles: process.env['DIFFERENTIAL'] ? ['test/support/compare-validators.ts'] : [],
    maxWorkers: '100%', // of the cores; by default one is left idle
    coverage: {
      include: ['src/**/*.ts'],
      exclude: ['src/web/*.ts'], // runs in a browser only: `npm run test:browser`
      reporter: ['text-summary'],
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'shared',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/browser/**',
            'test/docs/pages.test.ts',
            'test/image/**',
            'test/install/**',
            'test/languages/**',
            'test/new/**',
            'test/packages/**',
            'test/postgres/**',
            'test/tools/**',
            ...PROCESSES,
            ...ISOLATED,
          ],
          isolate: false, // loading the service costs more than most tests of it
        },
      },
      { extends: true, test: { name: 'isolated', include: ISOLATED } },
      {
        extends: true,
        test: {
          name: 'processes',
          include: PROCESSES,
          typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
        },
      },
    ],
  },
});
