// Compares the service with other servers for the same API: the CPU time of the server process per
// request, as the median of several rounds. `--help` lists the options.
//
//   npm run bench [-- --quick]
import { writeFileSync } from 'node:fs';
import { main } from '../scripts/command-line.ts';
import { installBenchPeers } from '../scripts/tools.ts';
import { compareContenders } from './compare/contender-section.ts';
import { type Databases, type Engine, openDatabases } from './compare/databases.ts';
import { comparePaths, compareRows, SIZES } from './compare/growth-section.ts';
import { type Options, readOptions, type SectionName } from './compare/options.ts';
import { compareStarts } from './compare/start-section.ts';
import { formatComparison, formatGrowth, formatStarts } from './compare/table.ts';

await main(async () => {
  const options = readOptions();
  await installBenchPeers();
  const results: Result[] = [];
  for (const engine of options.engine) {
    await using databases = await openDatabases(engine);
    await measureEngine(engine, databases, options, (result, text) => {
      results.push(result);
      console.log(text);
    });
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
});

/** A section in the file of `--json`: the values of every round. */
interface Result {
  section: SectionName;
  engine: Engine;
  logLevel?: string;
  values: unknown;
}

async function measureEngine(
  engine: Engine,
  databases: Databases,
  { section, only, contender: contenders, log, rounds, requests }: Options,
  publish: (result: Result, text: string) => void,
): Promise<void> {
  const options = {
    requests: only,
    rounds,
    requestsPerRound: requests,
    report: (progress: string) => console.error(`${engine}: ${progress}`),
  };
  if (section.includes('requests')) {
    for (const logLevel of log) {
      const scenario = { engine, logLevel };
      const values = await compareContenders(scenario, databases, { ...options, contenders });
      const text = formatComparison(scenario, values, contenders);
      publish({ section: 'requests', ...scenario, values }, text);
    }
  }
  if (section.includes('start') && engine === 'sqlite') {
    const values = await compareStarts(databases, options);
    publish({ section: 'start', engine, values }, formatStarts(values));
  }
  if (section.includes('paths') && engine === 'sqlite') {
    const values = await comparePaths(databases, options);
    publish({ section: 'paths', engine, values }, formatGrowth('200 paths', values, SIZES));
  }
  if (section.includes('rows')) {
    const values = await compareRows(databases, options);
    const title = `${engine}, 10⁶ todos and sessions`;
    publish({ section: 'rows', engine, values }, formatGrowth(title, values, SIZES));
  }
}
