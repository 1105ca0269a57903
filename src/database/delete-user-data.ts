import { setImmediate as nextTick } from 'node:timers/promises';
import type { Db } from './connect.ts';
import { deleteRows } from './rows.ts';
import { isOwnedTable, TABLE_NAMES } from './schema.ts';

/** How many rows one statement deletes: todos are large, and an embedded database blocks the process. */
const BATCH_ROWS = 100;

/**
 * Deletes what a user can have many of, some rows at a time, so that the deletion of the user has few
 * rows left to cascade to. After a failure the rest stays. The user's sessions have to be revoked
 * before: without their spent tokens no reuse is detected.
 */
export async function deleteUserData(db: Db, userId: string): Promise<void> {
  for (const table of TABLE_NAMES.filter(isOwnedTable)) {
    if (table === 'sessions') continue; // they go with the user
    while ((await deleteRows(db, table, userId, BATCH_ROWS)) === BATCH_ROWS) await nextTick();
  }
  while ((await deleteSpentTokens(db, userId)) === BATCH_ROWS) await nextTick();
}

async function deleteSpentTokens(db: Db, userId: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('spent_refresh_tokens')
    .where('token_hash', 'in', (tokens) =>
      tokens
        .selectFrom('sessions')
        .innerJoin('spent_refresh_tokens', 'spent_refresh_tokens.session_id', 'sessions.id')
        .select('spent_refresh_tokens.token_hash')
        .where('sessions.user_id', '=', userId)
        .limit(BATCH_ROWS),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}
