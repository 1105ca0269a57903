// Promise: an npm script with subcommands runs the script of the subcommand, or the first one.
//
//   node scripts/run.ts contract lint …    runs scripts/lint-contract.ts …
import { pathToFileURL } from 'node:url';
import { ROOT } from './tools.ts';

const SCRIPTS: Record<string, Record<string, string>> = {
  contract: {
    '': 'test/contract/command.ts',
    coverage: 'scripts/contract-coverage.ts',
    'broken-servers': 'scripts/contract-mutants.ts',
    lint: 'scripts/lint-contract.ts',
    diff: 'scripts/diff-contract.ts',
    mock: 'scripts/mock.ts',
    attack: 'scripts/attack.ts',
  },
  bench: {
    '': 'bench/compare.ts',
    login: 'bench/login.ts',
    overload: 'bench/overload.ts',
    tracing: 'bench/tracing.ts',
  },
};

const [name = '', subcommand = ''] = process.argv.splice(2, 1).concat(process.argv.slice(2, 3));
const scripts = SCRIPTS[name] ?? {};
const script = scripts[subcommand] ?? scripts[''];
if (subcommand && !subcommand.startsWith('-') && !(subcommand in scripts)) {
  const names = Object.keys(scripts).filter((known) => known);
  console.error(`npm run ${name} -- ${subcommand}: there is only ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  if (subcommand in scripts && subcommand !== '') process.argv.splice(2, 1);
  await import(pathToFileURL(`${ROOT}${script}`).href);
}
