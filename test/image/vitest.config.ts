import { defineConfig } from 'vitest/config';

/** The image, built and run without a container engine (see buildah.ts). */
export default defineConfig({
  test: { include: ['test/image/*.test.ts'], testTimeout: 60_000, hookTimeout: 600_000 },
});
