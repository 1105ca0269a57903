import { type ContenderName, createCommand, type Scenario } from './contenders.ts';
import type { Databases } from './databases.ts';
import { type CostsByRequest, compareServers, type RoundOptions } from './rounds.ts';
import { createSeed } from './rows.ts';
import type { ServerCommand } from './server-process.ts';

/** Measures the contenders in turns, each on its own copy of the same database. */
export async function compareContenders(
  { logLevel }: Scenario,
  databases: Databases,
  { contenders, ...options }: RoundOptions & { contenders: readonly ContenderName[] },
): Promise<CostsByRequest> {
  const seed = await createSeed();
  const template = await databases.createTemplate(seed.rows);
  const commands: Record<string, ServerCommand> = {};
  for (const name of contenders) {
    commands[name] = createCommand(name, await template.copy(), logLevel);
  }
  return await compareServers(commands, seed, {
    ...options,
    report: (progress) => options.report(`LOG_LEVEL=${logLevel}: ${progress}`),
  });
}
