// Runs the script of an npm script's subcommand. Without a subcommand it runs the first in the list.
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

const [name = ''] = process.argv.splice(2, 1);
const [first = ''] = process.argv.slice(2);
const scripts = SCRIPTS[name] ?? {};
const isSubcommand = first !== '' && !first.startsWith('-');
if (isSubcommand && !Object.hasOwn(scripts, first)) {
  const names = Object.keys(scripts).filter((known) => known);
  console.error(`npm run ${name} -- ${first}: the subcommands are ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  if (isSubcommand) process.argv.splice(2, 1);
  await import(pathToFileURL(`${ROOT}${scripts[isSubcommand ? first : '']}`).href);
}
