import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../patience.ts';

export default defineConfig({
  test: { include: ['test/browser/*.test.ts'], ...PATIENCE },
});
