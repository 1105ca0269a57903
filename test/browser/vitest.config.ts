import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

export default defineConfig({
  test: { include: ['test/browser/*.test.ts'], ...PATIENCE },
});
