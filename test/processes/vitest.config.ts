import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../patience.ts';
import { PROCESS_TESTS } from './files.ts';

export default defineConfig({
  test: {
    ...PATIENCE,
    include: PROCESS_TESTS,
    maxWorkers: '100%',
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'tsconfig.json' },
  },
});
