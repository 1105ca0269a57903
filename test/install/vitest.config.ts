import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

/** Each test installs the project. */
export default defineConfig({
  test: { include: ['test/install/*.test.ts'], ...PATIENCE, testTimeout: 600_000 },
});
