import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

/** The hooks install packages. */
export default defineConfig({
  test: { include: ['test/packages/*.test.ts'], ...PATIENCE, hookTimeout: 600_000 },
});
