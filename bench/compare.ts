// Compares the service with other servers that do the same job: CPU time of the server process per
// request, measured in turns. `--help` has the options.
//
//   npm run bench [-- --quick]
import { writeFileSync } from 'node:fs';
import { benchPeers, main } from '../scripts/tools.ts';
import { compareContenders } from './compare/comparison.ts';
import { commandOf, type Scenario } from './compare/contenders.ts';
import { type Databases, openDatabases } from './compare/databases.ts';
import { HELP, type Options, readOptions } from './compare/options.ts';
import { createSeed } from './compare/rows.ts';
import { startServer } from './compare/server-process.ts';
import { formatComparison } from './compare/table.ts';

await main(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') return console.log(HELP);
  await benchPeers();
  const results: unknown[] = [];
  for (const engine of options.engines) {
    await using databases = await openDatabases(engine);
    for (const logLevel of options.logLevels) {
      results.push(await compare({ engine, logLevel }, databases, options));
    }
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
});

async function compare(scenario: Scenario, databases: Databases, options: Options) {
  const seed = createSeed();
  const template = await databases.createTemplate(migrate, seed.rows);
  const costs = await compareContenders(scenario, template, seed, {
    ...options,
    report: (progress) => console.error(progress),
  });
  console.log(formatComparison(scenario, costs, options));
  return { ...scenario, cpuMicrosByRound: costs };
}

/** The service makes the tables when it starts. */
async function migrate(databaseUrl: string): Promise<void> {
  await using _server = await startServer(commandOf('service', databaseUrl, 'error'));
}
