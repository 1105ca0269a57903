import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import {
  type Expression,
  type ExpressionBuilder,
  expressionBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import type { Db } from './connect.ts';
import { type Database, TABLES, type Table } from './schema.ts';

/** Which rows of a table to delete. */
export type Condition<Name extends Table> = (
  where: ExpressionBuilder<Database, Name>,
) => Expression<SqlBool>;

export interface BatchOptions {
  /** How many rows one statement deletes, so that no request waits long for it. */
  batchRows: number;
  isStopped?: () => boolean;
}

/**
 * Deletes batches until one is empty. Other requests run in between: a statement of an embedded
 * database blocks the process.
 * @param deleteBatch returns how many rows it has deleted
 * @returns how many rows have been deleted
 */
export async function deleteInBatches(
  deleteBatch: () => Promise<number>,
  isStopped = () => false,
): Promise<number> {
  let total = 0;
  for (let deleted = 1; deleted > 0 && !isStopped(); total += deleted) {
    deleted = await deleteBatch();
    await yieldToEventLoop();
  }
  return total;
}

/**
 * Deletes the rows of a table for which the condition is true, in batches.
 * @returns how many rows have been deleted
 */
export async function deleteRows<Name extends Table>(
  db: Db,
  table: Name,
  condition: Condition<Name>,
  { batchRows, isStopped }: BatchOptions,
): Promise<number> {
  const key = sql.join(TABLES[table].primaryKey.map((name) => sql.ref(name)));
  // It selects keys first, because PostgreSQL's DELETE has no LIMIT.
  const statement = sql`
    delete from ${sql.table(table)} where (${key}) in (
      select ${key} from ${sql.table(table)}
      where ${condition(expressionBuilder<Database, Name>())} limit ${batchRows}
    )`;
  return deleteInBatches(
    async () => Number((await statement.execute(db)).numAffectedRows),
    isStopped,
  );
}
