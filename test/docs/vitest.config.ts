import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../patience.ts';

export default defineConfig({
  test: { ...PATIENCE, testTimeout: 600_000, include: ['test/docs/**/*.test.ts'] },
});
