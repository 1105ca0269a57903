// Promise: the contract suite tells every broken service in test/contract/mutants from the right one.
// Each stands between the suite and the real service and spoils one thing; the suite has to fail, and
// to pass where nothing is spoiled.
//
//   npm run contract -- broken-servers [--only WORDS] [--results FILE]
//
// --only takes those whose line has these words; --results writes how many were caught and survived.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { type Mutant, mutants } from '../test/contract/mutants/all.ts';
import { startProxy } from '../test/contract/mutants/proxy.ts';
import { startProcess } from '../test/contract/service-process.ts';
import { readCommandLine } from './command-line.ts';

const COMMAND = fileURLToPath(new URL('../test/contract/command.ts', import.meta.url));

/**
 * All mutants are at one address, and many of them are rejected a lot. Without a reuse leeway, because
 * within it a request with an Idempotency-Key is answered like one without.
 */
const PATIENT = {
  REFRESH_GRACE_SECONDS: '0',
  LOGIN_FREE_FAILURES_PER_ADDRESS: '1000000',
  REFRESH_FREE_FAILURES: '1000000',
};

const { values } = readCommandLine({
  options: { only: { type: 'string', default: '' }, results: { type: 'string' } },
});

/** @returns the check that fails, or undefined if none does */
async function failureOf(url: string, only?: string): Promise<string | undefined> {
  const args = [
    COMMAND,
    '--base-url',
    url,
    '--origin',
    'http://localhost:3000',
    '--bail',
    ...(only ? ['--only', only] : []),
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const output = await text(child.stdout);
  const failed = /^ *✖ (.*)$/m.exec(output)?.[1];
  if (failed === undefined && !/, 0 failed/m.test(output)) throw new Error(`no result:\n${output}`);
  return failed;
}

/** The operation where the fault shows comes first; it is over as soon as one check has failed. */
async function whatCaught({ where, what, fault }: Mutant): Promise<string | undefined> {
  await using proxy = await startProxy(service.url, fault);
  const isOperation = !where.includes(' ');
  const early = isOperation ? await failureOf(proxy.url, where) : undefined;
  const found = early ?? (await failureOf(proxy.url));
  if (proxy.accidents.length > 0) throw new AggregateError(proxy.accidents, `${where} ${what}`);
  return found;
}

const service = await startProcess(PATIENT);
const whole = {
  where: '',
  what: 'nothing',
  fault: (sent, forward) => forward(sent),
} satisfies Mutant;
const asItIs = await whatCaught(whole);
if (asItIs) throw new Error(`nothing is broken, and yet: ${asItIs}`);

const started = performance.now();
const chosen = mutants.filter(({ where, what }) => `${where}: ${what}`.includes(values.only));
const limit = pLimit(availableParallelism());
const outcomes = await Promise.all(
  chosen.map((mutant) =>
    limit(async () => {
      const check = await whatCaught(mutant);
      const verdict = check ? `caught by ${check}` : 'SURVIVED';
      console.log(`${check ? '✔' : '✖'} ${mutant.where} ${mutant.what}\n      ${verdict}`);
      return check;
    }),
  ),
);
await service.stop();

const caught = outcomes.filter((check) => check !== undefined).length;
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\n${caught} of ${chosen.length} caught, in ${seconds} s`);
if (values.results) {
  const counts = { numPassedTests: caught, numFailedTests: chosen.length - caught };
  writeFileSync(values.results, JSON.stringify(counts));
}
if (caught < chosen.length) process.exitCode = 1;
