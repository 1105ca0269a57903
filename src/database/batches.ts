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
type Condition<Name extends Table> = (
  where: ExpressionBuilder<Database, Name>,
) => Expression<SqlBool>;

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

/** Deletes a batch of a table. It selects keys first, because PostgreSQL's DELETE has no LIMIT. */
export async function deleteRows<Name extends Table>(
  db: Db,
  table: Name,
  limit: number,
  condition: Condition<Name>,
): Promise<number> {
  const key = sql.join(TABLES[table].primaryKey.map((name) => sql.ref(name)));
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where (${key}) in (
      select ${key} from ${sql.table(table)}
      where ${condition(expressionBuilder<Database, Name>())} limit ${limit}
    )`.execute(db);
  return Number(numAffectedRows);
}

/** Deletes a batch of the spent tokens of some sessions, which may have thousands each. */
export async function deleteSpentTokens(
  db: Db,
  limit: number,
  condition: Condition<'sessions'>,
): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('spent_refresh_tokens')
    .where('token_hash', 'in', (tokens) =>
      tokens
        .selectFrom('sessions')
        .innerJoin('spent_refresh_tokens', 'spent_refresh_tokens.session_id', 'sessions.id')
        .select('spent_refresh_tokens.token_hash')
        .where(condition(expressionBuilder<Database, 'sessions'>()))
        .limit(limit),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}
