import type { Db } from './connect.ts';
import { isRefusal } from './errors.ts';
import { migrateIn, migrationStates } from './migrate.ts';
import { inLock } from './migration-lock.ts';
import { snapshot } from './read-only-transaction.ts';
import { insertRows, readRows, sumRows, type Totals } from './rows.ts';
import { TABLE_NAMES, type Table } from './schema.ts';

/** There is no copy; the message says why, for a person. */
export class CopyError extends Error {
  override name = 'CopyError';
}

/** How many rows of a table have been copied. */
export interface Progress {
  table: Table;
  done: number;
  total: number;
}

type AllTotals = Map<Table, Totals>;

/**
 * Copies all rows into an empty target, in one transaction: all of them or none. At the end both
 * databases must have the same counts and sums, and the source those that it had before.
 * @returns how many rows there are
 * @throws CopyError
 */
export async function copyDatabase(
  source: Db,
  target: Db,
  onProgress: (progress: Progress) => void,
): Promise<number> {
  await expectSameVersion(source);
  return inLock(target, async (trx) => {
    await migrateIn(trx, { direction: 'up' });
    await expectEmpty(trx, await readSecrets(source));
    const before = await snapshot(source, (from) => copyTables(from, trx, onProgress));
    expectEqual(before, await sumTables(trx), 'The target does not have what was written to it');
    expectEqual(before, await sumTables(source), 'The source has changed while it was copied');
    return countRows(before);
  });
}

async function expectSameVersion(source: Db): Promise<void> {
  const states = await migrationStates(source);
  if (states.every(({ appliedAt, isKnown }) => appliedAt && isKnown)) return;
  throw new CopyError(
    'The source has the tables of another version of the service: todos migrate up brings them to this one, if it is the newer.',
  );
}

async function readSecrets(db: Db): Promise<string[]> {
  const secrets = await db.selectFrom('secrets').select('value').execute();
  return secrets.map(({ value }) => value);
}

async function expectEmpty(target: Db, secretsOfSource: string[]): Promise<void> {
  const totals = await sumTables(target);
  const rows = countRows(totals);
  if (rows === 0) return;
  const secrets = await readSecrets(target);
  const isOwn = secrets.some((value) => secretsOfSource.includes(value));
  const what = isOwn ? 'is the source itself, or a copy of it' : 'belongs to another service';
  const users = totals.get('users')?.count;
  throw new CopyError(
    `The target ${what}: it has ${rows} rows, ${users} of them users. Copy into an empty database.`,
  );
}

async function copyTables(
  source: Db,
  target: Db,
  onProgress: (progress: Progress) => void,
): Promise<AllTotals> {
  const totals = await sumTables(source);
  for (const [table, { count: total }] of totals) {
    let done = 0;
    for await (const rows of readRows(source, table)) {
      await insertRows(target, table, rows).catch(explainRefusal(table));
      done += rows.length;
      onProgress({ table, done, total });
    }
  }
  return totals;
}

function explainRefusal(table: Table): (error: unknown) => never {
  return (error) => {
    if (!isRefusal(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CopyError(`The target does not take a row of ${table}: ${reason}`);
  };
}

async function sumTables(db: Db): Promise<AllTotals> {
  const totals: AllTotals = new Map();
  for (const table of TABLE_NAMES) totals.set(table, await sumRows(db, table));
  return totals;
}

function countRows(totals: AllTotals): number {
  return [...totals.values()].reduce((sum, { count }) => sum + count, 0);
}

/** @throws CopyError naming the tables that differ */
function expectEqual(before: AllTotals, now: AllTotals, fault: string): void {
  const differences = TABLE_NAMES.flatMap((table) => {
    const [expected, found] = [before.get(table), now.get(table)];
    const columns = Object.keys(expected ?? {});
    if (columns.every((column) => expected?.[column] === found?.[column])) return [];
    return `  ${table}: ${expected?.count} rows when they were copied, ${found?.count} now`;
  });
  if (differences.length === 0) return;
  throw new CopyError(
    `${fault}:\n${differences.join('\n')}\nNothing has been copied. Stop the services on both and run it again.`,
  );
}
