import { type ContenderName, createCommand, type Scenario } from './contenders.ts';
import type { Databases } from './databases.ts';
import { createWorkload } from './requests.ts';
import { type CostsByRequest, type RoundOptions, type Runner, runRounds } from './rounds.ts';
import { createSeed } from './rows.ts';
import { assertSameAnswers } from './same-answers.ts';
import { startServer } from './server-process.ts';

/** Measures the contenders in turns, each on its own copy of the same database. */
export async function compareContenders(
  { logLevel }: Scenario,
  databases: Databases,
  { contenders, ...options }: RoundOptions & { contenders: readonly ContenderName[] },
): Promise<CostsByRequest> {
  const seed = createSeed();
  const template = await databases.createTemplate(seed.rows);
  await using servers = new AsyncDisposableStack();
  const runners: Runner[] = [];
  for (const name of contenders) {
    const command = createCommand(name, await template.copy(), logLevel);
    const server = servers.use(await startServer(command));
    runners.push({ name, server, workload: createWorkload(seed) });
  }
  await assertSameAnswers(runners);
  return await runRounds(runners, {
    ...options,
    report: (progress) => options.report(`LOG_LEVEL=${logLevel}: ${progress}`),
  });
}
