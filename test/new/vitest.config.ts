import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

/** Each test runs commands in a copy of the project. */
export default defineConfig({
  test: { include: ['test/new/*.test.ts'], ...PATIENCE, testTimeout: 600_000 },
});
