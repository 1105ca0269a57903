// Checks that the contract suite notices every broken server of test/contract/mutants. Each is a proxy
// in front of the real service, with one fault. The suite must fail there, and pass without a fault.
//
//   npm run contract -- broken-servers [--only WORDS] [--results FILE]
//
// --only selects the servers whose line has these words; --results writes how many were noticed.
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type Mutant, mutants } from '../test/contract/mutants/all.ts';
import type { Outcome } from '../test/contract/mutants/notice.ts';
import { startProcess } from '../test/contract/service-process.ts';
import { readCommandLine, reportCounts } from './command-line.ts';

/**
 * Many requests of one address are refused. There is no reuse leeway, because within it a request with
 * an Idempotency-Key is answered like one without.
 */
const PATIENT = {
  REFRESH_GRACE_SECONDS: '0',
  LOGIN_FREE_FAILURES_PER_ADDRESS: '1000000',
  REFRESH_FREE_FAILURES: '1000000',
};

const { values } = readCommandLine({
  options: { only: { type: 'string', default: '' }, results: { type: 'string' } },
});

const started = performance.now();
const chosen = mutants.filter(({ where, what }) => `${where}: ${what}`.includes(values.only));
const queue = [undefined, ...chosen].values();
let noticed = 0;

/** Takes broken services from the queue until it is empty, in a thread with a service of its own. */
async function runThread(): Promise<void> {
  const service = await startProcess(PATIENT);
  const file = new URL('../test/contract/mutants/thread.ts', import.meta.url);
  const worker = new Worker(file, { workerData: service.url });
  for (const mutant of queue) {
    worker.postMessage(mutant && mutants.indexOf(mutant));
    const [outcome] = await once(worker, 'message');
    if (mutant) report(mutant, outcome);
    else if (outcome.check) throw new Error(`nothing is broken, and yet: ${outcome.check}`);
  }
  await worker.terminate();
  await service.stop();
}

function report({ where, what }: Mutant, { check, passed }: Outcome): void {
  if (check) noticed += 1;
  const verdict = check ? `noticed by ${check}` : 'NOT NOTICED';
  console.log(`${check ? '✔' : '✖'} ${where}: ${what}\n      ${verdict} (${passed} passed before)`);
}

await Promise.all(Array.from({ length: availableParallelism() }, runThread));

const seconds = Math.round((performance.now() - started) / 1000);
console.log(`\n${noticed} of ${chosen.length} noticed, in ${seconds} s`);
reportCounts(noticed, chosen.length - noticed, values.results);
