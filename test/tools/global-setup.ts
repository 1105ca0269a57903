import { packages } from '../../scripts/tools.ts';

/** Installs the tools before the tests share them. */
export default async function setup() {
  for (const folder of ['contract', 'mock'] as const) await packages(folder);
}
