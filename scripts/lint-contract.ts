// Lints openapi.yaml with the recommended rules of Redocly and Spectral, and with OWASP's rules for
// API security. A warning is an error. tools/contract/{redocly,spectral}.yaml say why a rule is off.
//
//   npm run contract -- lint       also a part of npm run check
//
// The first run installs the linters into tools/contract.
import { join } from 'node:path';
import { main } from './command-line.ts';
import { installNpmPackages, ROOT, runPackage } from './tools.ts';

await main(async () => {
  const file = join(ROOT, 'openapi.yaml');
  const folder = await installNpmPackages('contract');
  const spectral = ['lint', file, '--ruleset', 'spectral.yaml', '--fail-severity', 'hint'];
  const redocly = ['lint', file, '--config', 'redocly.yaml'];
  const codes = [
    await runPackage(folder, '@redocly/cli', redocly),
    await runPackage(folder, '@stoplight/spectral-cli', spectral),
  ];
  if (codes.some((code) => code !== 0)) process.exitCode = 1;
});
