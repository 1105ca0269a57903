import type { Db } from '../database/connect.ts';
import { RETENTION_MS } from '../database/retention.ts';
import { transact } from '../database/transaction.ts';
import {
  buildTodo,
  insertBelowLimit,
  insertFarBelowLimit,
  type Todo,
  type TodoContent,
  type TodoOwner,
} from './repository.ts';

/** A request to create a todo that the client may repeat. */
export interface IdempotentRequest {
  keyHash: string;
  requestHash: string;
}

/** How many keys of a user are kept; a new one replaces the oldest. */
const MAX_KEYS_PER_USER = 10_000;

/**
 * Creates a todo once per `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header). A repeated
 * request gets the todo of the first one.
 */
export async function createTodoOnce(
  db: Db,
  owner: TodoOwner,
  content: TodoContent,
  request: IdempotentRequest,
  now: number,
): Promise<Todo | 'key reused' | 'limit reached'> {
  const todo = buildTodo(content, now);
  return transact(db, async (trx) => {
    if (!(await insertKey(trx, owner.userId, request, todo))) {
      return findTodoByKey(trx, owner.userId, request);
    }
    const isInserted =
      (await insertFarBelowLimit(trx, owner, todo)) || (await insertBelowLimit(trx, owner, todo));
    if (isInserted) {
      await deleteSurplusKeys(trx, owner.userId);
      return todo;
    }
    const ownKeys = trx.deleteFrom('idempotency_keys').where('user_id', '=', owner.userId);
    await ownKeys.where('key_hash', '=', request.keyHash).execute();
    return 'limit reached';
  });
}

/** @returns false if the key is known */
async function insertKey(
  trx: Db,
  userId: string,
  { keyHash, requestHash }: IdempotentRequest,
  todo: Todo,
): Promise<boolean> {
  const row = {
    request_hash: requestHash,
    response: JSON.stringify(todo),
    created_at: todo.createdAt,
  };
  const inserted = await trx
    .insertInto('idempotency_keys')
    .values({ user_id: userId, key_hash: keyHash, ...row })
    .onConflict((conflict) =>
      conflict
        .columns(['user_id', 'key_hash'])
        .doUpdateSet(row)
        .where('idempotency_keys.created_at', '<', todo.createdAt - RETENTION_MS.idempotencyKey),
    )
    .returning('key_hash')
    .executeTakeFirst();
  return inserted !== undefined;
}

async function findTodoByKey(
  trx: Db,
  userId: string,
  { keyHash, requestHash }: IdempotentRequest,
): Promise<Todo | 'key reused'> {
  const earlier = await trx
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'response'])
    .where('user_id', '=', userId)
    .where('key_hash', '=', keyHash)
    .executeTakeFirstOrThrow();
  return earlier.request_hash === requestHash ? JSON.parse(earlier.response) : 'key reused';
}

/** Deletes old keys, a few at a time: that is enough, because every new key deletes some. */
async function deleteSurplusKeys(trx: Db, userId: string): Promise<void> {
  await trx
    .deleteFrom('idempotency_keys')
    .where('user_id', '=', userId)
    .where('key_hash', 'in', (surplus) =>
      surplus
        .selectFrom('idempotency_keys')
        .select('key_hash')
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('key_hash')
        .offset(MAX_KEYS_PER_USER)
        .limit(100),
    )
    .execute();
}
