// Measures how the cost of a request grows with the contract and with the tables.
import { createCommand } from './contenders.ts';
import type { Databases } from './databases.ts';
import { createProjectWithPaths } from './many-paths.ts';
import { fillerSql } from './many-rows.ts';
import type { RequestName } from './requests.ts';
import { compareServers, type RoundOptions } from './rounds.ts';
import { createSeed } from './rows.ts';

const PATH_COUNT = 200;
const ROW_COUNT = 1_000_000;
const PATH_REQUESTS: RequestName[] = ['todos-list', 'todos-get', 'todos-create', 'not-found'];
const ROW_REQUESTS: RequestName[] = ['todos-list', 'todos-get', 'todos-create', 'refresh'];

/** The names of both servers. */
export const SIZES = ['normal', 'larger'] as const;

/** The service next to a copy of it whose contract has 200 paths. */
export async function comparePaths(databases: Databases, options: RoundOptions) {
  using project = createProjectWithPaths(PATH_COUNT);
  const seed = await createSeed();
  const template = await databases.createTemplate(seed.rows);
  const commands = {
    normal: createCommand('service', await template.copy(), 'error'),
    larger: createCommand('service', await template.copy(), 'error', project.root),
  };
  return await compareServers(commands, seed, { ...options, requests: PATH_REQUESTS });
}

/** The service with the rows of the bench only, and with another 10⁶ todos and sessions of other users. */
export async function compareRows(databases: Databases, options: RoundOptions) {
  const seed = await createSeed();
  const small = await databases.createTemplate(seed.rows);
  options.report(`inserts ${ROW_COUNT} todos and sessions`);
  const large = await databases.createTemplate(seed.rows, fillerSql(ROW_COUNT));
  const commands = {
    normal: createCommand('service', await small.copy(), 'error'),
    larger: createCommand('service', await large.copy(), 'error'),
  };
  return await compareServers(commands, seed, { ...options, requests: ROW_REQUESTS });
}
