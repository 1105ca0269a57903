// A thread of scripts/contract-mutants.ts: answers the number of a broken service with its outcome.
import { parentPort, workerData } from 'node:worker_threads';
import { loadChecks } from '../run.ts';
import { type Mutant, mutants } from './all.ts';
import { ANY_CHECK } from './mutants.ts';
import { outcomeOf } from './notice.ts';

const AS_IT_IS: Mutant = {
  where: ANY_CHECK,
  what: 'nothing',
  fault: (sent, forward) => forward(sent),
};

await loadChecks();
parentPort?.on('message', async (index: number | undefined) => {
  const mutant = index === undefined ? AS_IT_IS : mutants[index];
  if (mutant) parentPort?.postMessage(await outcomeOf(mutant, workerData));
});
