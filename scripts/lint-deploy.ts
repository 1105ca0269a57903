// Lints the Dockerfile (hadolint), compose.yaml (dclint) and the systemd unit (systemd-analyze). The
// unit also needs a low exposure level, which measures what the service could do to the machine.
//
//   npm run test:all -- deploy
//
// The first run installs hadolint and dclint into tools/deploy. systemd must be installed already.
import { spawnSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main, UserError } from './command-line.ts';
import {
  installNpmPackages,
  installPythonPackages,
  pythonExecutable,
  ROOT,
  run,
  runPackage,
} from './tools.ts';

/** The highest exposure level that `systemd-analyze security` may find: 0 is the best, 100 the worst. */
const MAX_EXPOSURE = '15';

await main(async () => {
  const hadolint = pythonExecutable(await installPythonPackages('deploy'), 'hadolint');
  const folder = await installNpmPackages('deploy');
  const codes = [
    await run(hadolint, ['--failure-threshold', 'style', join(ROOT, 'Dockerfile')]),
    await runPackage(folder, 'dclint', [join(ROOT, 'compose.yaml'), '--max-warnings', '0']),
    await lintUnit(),
  ];
  if (codes.some((code) => code !== 0)) process.exitCode = 1;
  else console.log('The Dockerfile, compose.yaml and the systemd unit have no errors.');
});

/** Checks the unit with the path of this Node.js, because the unit's own may not exist here. */
async function lintUnit(): Promise<number> {
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'unit-'));
  const unit = join(scratch.path, 'openapi-todos.service');
  const text = readFileSync(join(ROOT, 'deploy/openapi-todos.service'), 'utf8');
  writeFileSync(unit, text.replaceAll(/(?<==)\/opt\/\S+\/node(?= )/g, process.execPath));
  const verify = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
  if (verify.error) throw new UserError('systemd-analyze is missing (Debian’s package systemd)');
  // It exits with 0 after an unknown key, and it also reports other units of the machine.
  const faults = verify.stderr.split('\n').filter((line) => line.includes('openapi-todos'));
  if (faults.length > 0) console.error(faults.join('\n'));
  const rules = ['security', '--offline=true', '--no-pager', `--threshold=${MAX_EXPOSURE}`, unit];
  const isExposed = (await run('systemd-analyze', rules, { quiet: true })) !== 0;
  if (isExposed) await run('systemd-analyze', rules); // prints the reasons, a page of text
  return Number(verify.status !== 0 || isExposed || faults.length > 0);
}
