import { packages, wheels } from '../../scripts/tools.ts';

/** Installs the tools before the tests share them. */
export default async function setup() {
  await Promise.all([packages('consumers'), wheels('consumers')]);
  for (const folder of ['contract', 'mock'] as const) await packages(folder);
}
