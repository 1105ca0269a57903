import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

export default defineConfig({
  test: { ...PATIENCE, testTimeout: 600_000, include: ['test/docs/**/*.test.ts'] },
});
