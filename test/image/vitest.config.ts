import { defineConfig } from 'vitest/config';
import { PATIENCE } from '../support/timeouts.ts';

/** The image, built and run without a container engine (see buildah.ts). */
export default defineConfig({
  test: { include: ['test/image/*.test.ts'], ...PATIENCE, hookTimeout: 600_000 },
});
