import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

export default defineConfig({
  test: {
    include: ['test/languages/*.test.ts'],
    globalSetup: 'test/languages/generate.ts',
    reporters: ['verbose'], // names what is left out
    fileParallelism: false,
    maxConcurrency: 2,
    ...PATIENCE,
    testTimeout: 600_000, // a first build fetches what it needs
  },
});
