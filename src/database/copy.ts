import { isDeepStrictEqual } from 'node:util';
import { OperatorError } from '../operator-error.ts';
import type { Db } from './connect.ts';
import { isRejectedValue } from './errors.ts';
import { applyPlan, listMigrations } from './migrate.ts';
import { withMigrationLock } from './migration-lock.ts';
import { readOnlyTransaction } from './read-only-transaction.ts';
import { insertRows, readRows, sumColumns, type TableTotals } from './rows.ts';
import { TABLE_NAMES, type Table } from './schema.ts';

/** How many rows of a table have been copied. */
export interface CopyProgress {
  table: Table;
  done: number;
  total: number;
}

type TotalsByTable = Map<Table, TableTotals>;

/**
 * Copies all rows into an empty target, in one transaction that holds the migration lock. The copy is
 * verified with the counts and sums of all columns: the target must have those of the source, and the
 * source must still have those that it had at the start. Otherwise the transaction is rolled back.
 * @returns the number of rows
 * @throws OperatorError if there is no copy; the message says why
 */
export async function copyDatabase(
  source: Db,
  target: Db,
  onProgress: (progress: CopyProgress) => void,
): Promise<number> {
  await assertSameVersion(source);
  return withMigrationLock(target, async (trx) => {
    await applyPlan(trx, { direction: 'up' });
    await assertEmpty(trx, await readSecrets(source));
    const before = await readOnlyTransaction(source, (from) => copyTables(from, trx, onProgress));
    const [written, after] = [await sumTables(trx), await sumTables(source)];
    assertEqualTotals(before, written, 'The target does not have what was written to it');
    assertEqualTotals(before, after, 'The source has changed while it was copied');
    return countRows(before);
  });
}

async function assertSameVersion(source: Db): Promise<void> {
  const states = await listMigrations(source);
  if (states.every(({ appliedAt, isKnown }) => appliedAt && isKnown)) return;
  throw new OperatorError(
    'The source has the tables of another version of the service. If that version is older: todos migrate up.',
  );
}

async function readSecrets(db: Db): Promise<string[]> {
  const secrets = await db.selectFrom('secrets').select('value').execute();
  return secrets.map(({ value }) => value);
}

async function assertEmpty(target: Db, secretsOfSource: string[]): Promise<void> {
  const totals = await sumTables(target);
  const rows = countRows(totals);
  if (rows === 0) return;
  const secrets = await readSecrets(target);
  const isOwn = secrets.some((value) => secretsOfSource.includes(value));
  const what = isOwn ? 'is the source, or a copy of it' : 'belongs to another service';
  const users = totals.get('users')?.count;
  throw new OperatorError(
    `The target ${what}: it has ${rows} rows, ${users} of them users. Copy into an empty database.`,
  );
}

async function copyTables(source: Db, target: Db, onProgress: (progress: CopyProgress) => void) {
  const totals = await sumTables(source);
  for (const [table, { count: total }] of totals) {
    let done = 0;
    for await (const rows of readRows(source, table)) {
      await insertRows(target, table, rows).catch(explainRejectedRow(table));
      done += rows.length;
      onProgress({ table, done, total });
    }
  }
  return totals;
}

function explainRejectedRow(table: Table): (error: unknown) => never {
  return (error) => {
    if (!isRejectedValue(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperatorError(`The target does not accept a row of ${table}: ${reason}`);
  };
}

async function sumTables(db: Db): Promise<TotalsByTable> {
  const totals: TotalsByTable = new Map();
  for (const table of TABLE_NAMES) totals.set(table, await sumColumns(db, table));
  return totals;
}

function countRows(totals: TotalsByTable): number {
  return [...totals.values()].reduce((sum, { count }) => sum + count, 0);
}

/** @throws OperatorError with the names of the tables that differ */
function assertEqualTotals(before: TotalsByTable, now: TotalsByTable, fault: string): void {
  const differences = TABLE_NAMES.flatMap((table) => {
    const [expected, found] = [before.get(table), now.get(table)];
    if (isDeepStrictEqual(expected, found)) return [];
    return `  ${table}: ${expected?.count} rows when they were copied, ${found?.count} now`;
  });
  if (differences.length === 0) return;
  throw new OperatorError(
    `${fault}:\n${differences.join('\n')}\nNothing has been copied. Stop the services on both and run it again.`,
  );
}
