import { installNpmPackages, installPythonPackages } from '../../scripts/tools.ts';

/** Installs the tools before the tests share them. */
export default async function setup() {
  for (const folder of ['consumers', 'deploy'] as const) {
    await Promise.all([installNpmPackages(folder), installPythonPackages(folder)]);
  }
  for (const folder of ['contract', 'mock'] as const) await installNpmPackages(folder);
}
