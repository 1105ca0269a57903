// Promise: openapi.yaml keeps the rules that the field has for such documents: those that Redocly and
// Spectral recommend, and OWASP's for the security of APIs. No warnings; a rule that is off says why,
// in tools/contract/{redocly,spectral}.yaml.
//
//   npm run contract -- lint       npm run check runs it, too
//
// The linters install themselves into tools/contract at the first run.
import { join } from 'node:path';
import { main, packages, ROOT, runPackage } from './tools.ts';

await main(async () => {
  const file = join(ROOT, 'openapi.yaml');
  const folder = await packages('contract');
  const spectral = ['lint', file, '--ruleset', 'spectral.yaml', '--fail-severity', 'hint'];
  const redocly = ['lint', file, '--config', 'redocly.yaml'];
  const codes = [
    await runPackage(folder, '@redocly/cli', redocly),
    await runPackage(folder, '@stoplight/spectral-cli', spectral),
  ];
  if (codes.some((code) => code !== 0)) process.exitCode = 1;
});
