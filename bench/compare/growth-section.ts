// Measures how the cost of a request grows with the contract and with the tables.
import { createCommand } from './contenders.ts';
import type { Databases } from './databases.ts';
import { createProjectWithPaths } from './many-paths.ts';
import { fillerSql } from './many-rows.ts';
import { createWorkload, type RequestName } from './requests.ts';
import { type CostsByRequest, type RoundOptions, type Runner, runRounds } from './rounds.ts';
import { createSeed, type Seed } from './rows.ts';
import { type ServerCommand, startServer } from './server-process.ts';

const PATH_COUNT = 200;
const ROW_COUNT = 1_000_000;
const PATH_REQUESTS: RequestName[] = ['todos-list', 'todos-get', 'todos-create', 'not-found'];
const ROW_REQUESTS: RequestName[] = ['todos-list', 'todos-get', 'todos-create', 'refresh'];

/** The headings of the table. */
export const SMALL = 'normal';
export const LARGE = 'larger';

/** The service next to a copy of it whose contract has 200 paths. */
export async function comparePaths(databases: Databases, options: RoundOptions) {
  using project = createProjectWithPaths(PATH_COUNT);
  const seed = createSeed();
  const template = await databases.createTemplate(seed.rows);
  const small = createCommand('service', await template.copy(), 'error');
  const large = createCommand('service', await template.copy(), 'error', project.root);
  return await compareSizes(seed, small, large, { ...options, requests: PATH_REQUESTS });
}

/** The service with the rows of the bench only, and with another 10⁶ todos and sessions of other users. */
export async function compareRows(databases: Databases, options: RoundOptions) {
  const seed = createSeed();
  const small = await databases.createTemplate(seed.rows);
  options.report(`inserts ${ROW_COUNT} todos and sessions`);
  const large = await databases.createTemplate(seed.rows, fillerSql(ROW_COUNT));
  return await compareSizes(
    seed,
    createCommand('service', await small.copy(), 'error'),
    createCommand('service', await large.copy(), 'error'),
    { ...options, requests: ROW_REQUESTS },
  );
}

async function compareSizes(
  seed: Seed,
  small: ServerCommand,
  large: ServerCommand,
  options: RoundOptions,
): Promise<CostsByRequest> {
  await using smallServer = await startServer(small);
  await using largeServer = await startServer(large);
  const runners: Runner[] = [
    { name: SMALL, server: smallServer, workload: createWorkload(seed) },
    { name: LARGE, server: largeServer, workload: createWorkload(seed) },
  ];
  return await runRounds(runners, options);
}
