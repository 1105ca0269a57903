import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

/** What reads the contract with tools that install themselves (see scripts/tools.ts). */
export default defineConfig({
  test: {
    include: ['test/tools/*.test.ts'],
    globalSetup: 'test/tools/global-setup.ts',
    ...PATIENCE,
  },
});
