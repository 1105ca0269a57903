import { defineConfig } from 'vitest/config';
import { PATIENCE } from './test/patience.ts';
import { PROCESS_TESTS } from './test/processes/files.ts';

/** They put a module in the place of another, or count what a process does only once. */
const ISOLATED = [
  'auth/faults',
  'auth/password',
  'auth/sessions',
  'http/memory',
  'http/published',
].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    ...PATIENCE,
    setupFiles: process.env['DIFFERENTIAL'] ? ['test/support/differential-setup.ts'] : [],
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
            ...PROCESS_TESTS,
            ...ISOLATED,
          ],
          isolate: false, // loading the service costs more than most tests of it
        },
      },
      { extends: true, test: { name: 'isolated', include: ISOLATED } },
    ],
  },
});
