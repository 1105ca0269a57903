// Promise: what the service is deployed with keeps the rules of the field: the Dockerfile hadolint's,
// compose.yaml its schema and dclint's, the systemd unit systemd's own, of which it also has to keep
// so many that protect the rest of the machine from the service.
//
//   npm run test:all -- deploy
//
// hadolint and dclint install themselves into tools/deploy at the first run; systemd has to be there.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executable, Missing, main, packages, ROOT, run, runPackage, wheels } from './tools.ts';

/** What systemd makes of the unit at most, in tenths: 0 is least exposed, 100 most. */
const EXPOSURE = '15';

await main(async () => {
  const hadolint = executable(await wheels('deploy'), 'hadolint');
  const folder = await packages('deploy');
  const codes = [
    await run(hadolint, ['--failure-threshold', 'style', join(ROOT, 'Dockerfile')]),
    await runPackage(folder, 'dclint', [join(ROOT, 'compose.yaml'), '--max-warnings', '0']),
    await lintUnit(),
  ];
  if (codes.some((code) => code !== 0)) process.exitCode = 1;
  else console.log('Nothing to say about the Dockerfile, compose.yaml and the systemd unit.');
});

/** With this Node.js in the place of the installed one, which need not be on this machine. */
async function lintUnit(): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'unit-'));
  try {
    const unit = join(scratch, 'openapi-todos.service');
    const text = readFileSync(join(ROOT, 'deploy/openapi-todos.service'), 'utf8');
    writeFileSync(unit, text.replaceAll(/(?<==)\/opt\/\S+\/node(?= )/g, process.execPath));
    const verify = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    if (verify.error) throw new Missing('systemd-analyze is missing (Debian’s package systemd)');
    // It passes a key that it does not know, and has a word for every other unit of the machine.
    const faults = verify.stderr.split('\n').filter((line) => line.includes('openapi-todos'));
    if (faults.length > 0) console.error(faults.join('\n'));
    const rules = ['security', '--offline=true', '--no-pager', `--threshold=${EXPOSURE}`, unit];
    const isExposed = (await run('systemd-analyze', rules, { quiet: true })) !== 0;
    if (isExposed) await run('systemd-analyze', rules); // a page of text, once it matters
    return Number(verify.status !== 0 || isExposed || faults.length > 0);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}
