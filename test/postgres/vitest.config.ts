import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

/** The whole suite on PostgreSQL. */
export default mergeConfig(base, {
  test: { globalSetup: 'test/postgres/global-setup.ts' },
});
