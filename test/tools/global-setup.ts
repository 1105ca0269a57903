import { installNpmPackages, installPythonPackages } from '../../scripts/tools.ts';

/** Installs the tools before the tests share them. */
export default async function setup() {
  await Promise.all([installNpmPackages('consumers'), installPythonPackages('consumers')]);
  for (const folder of ['contract', 'mock'] as const) await installNpmPackages(folder);
}
