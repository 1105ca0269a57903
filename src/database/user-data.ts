import { setImmediate as nextTick } from 'node:timers/promises';
import type { Db } from './connect.ts';

/** How many rows one statement deletes: todos are large, and an embedded database blocks the process. */
const STEP = 100;

/**
 * Deletes what a user can have many of, some rows at a time, so that the deletion of the user has few
 * rows left to cascade to. After a failure the rest stays. The user's sessions have to be revoked
 * before: without their spent tokens no reuse is detected.
 */
export async function deleteUserData(db: Db, userId: string): Promise<void> {
  for (const deleteSome of [deleteSomeTodos, deleteSomeKeys, deleteSomeSpentTokens]) {
    while ((await deleteSome(db, userId)) === STEP) await nextTick();
  }
}

async function deleteSomeTodos(db: Db, userId: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('todos')
    .where('id', 'in', (todos) =>
      todos.selectFrom('todos').select('id').where('user_id', '=', userId).limit(STEP),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function deleteSomeKeys(db: Db, userId: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('idempotency_keys')
    .where('user_id', '=', userId)
    .where('key_hash', 'in', (keys) =>
      keys
        .selectFrom('idempotency_keys')
        .select('key_hash')
        .where('user_id', '=', userId)
        .limit(STEP),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function deleteSomeSpentTokens(db: Db, userId: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('spent_refresh_tokens')
    .where('token_hash', 'in', (tokens) =>
      tokens
        .selectFrom('sessions')
        .innerJoin('spent_refresh_tokens', 'spent_refresh_tokens.session_id', 'sessions.id')
        .select('spent_refresh_tokens.token_hash')
        .where('sessions.user_id', '=', userId)
        .limit(STEP),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}
