import { v7 as uuid } from 'uuid';
import { compiledQuery, type Parameter } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';

export interface User {
  id: string;
  username: string;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/**
 * @param user `isTemporary`: the operator has set the password, and the user has to change it
 * @returns undefined if the name is taken
 */
export async function createUser(
  db: Db,
  user: { username: string; passwordHash: string; now: number; isTemporary?: boolean },
): Promise<User | undefined> {
  // A unique violation would abort the transaction on PostgreSQL, so a taken name is no error.
  return db
    .insertInto('users')
    .values({
      id: uuid(),
      username: user.username,
      username_key: toUsernameKey(user.username),
      password_hash: user.passwordHash,
      created_at: user.now,
      password_is_temporary: user.isTemporary ? 1 : 0,
    })
    .onConflict((conflict) => conflict.column('username_key').doNothing())
    .returning(['id', 'username', 'created_at as createdAt'])
    .executeTakeFirst();
}

const USER_COLUMNS = [
  'id',
  'username',
  'created_at as createdAt',
  'password_hash as passwordHash',
  'password_is_temporary as isTemporary',
] as const;

/** Finds a user by name, in any case. */
export async function findUserByName(db: Db, username: string) {
  return db
    .selectFrom('users')
    .select(USER_COLUMNS)
    .where('username_key', '=', toUsernameKey(username))
    .executeTakeFirst();
}

export async function findUser(db: Db, id: string) {
  const [user] = await findUserQuery(db, { id });
  return user;
}

const findUserQuery = compiledQuery((db, parameter: Parameter<{ id: string }>) =>
  db.selectFrom('users').select(USER_COLUMNS).where('id', '=', parameter('id')),
);

/** Lists all users by name. */
export async function listUsers(db: Db) {
  return db
    .selectFrom('users')
    .select(['username', 'created_at', 'password_is_temporary'])
    .orderBy('username_key')
    .execute();
}

/**
 * Replaces the password hash that has just been verified.
 * @returns false if another request has replaced it meanwhile
 */
export async function replacePasswordHash(
  db: Db,
  userId: string,
  verified: string,
  replacement: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ password_hash: replacement, password_is_temporary: 0 })
    .where('id', '=', userId)
    .where('password_hash', '=', verified)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Sets a password that the user has to change. */
export async function setTemporaryPassword(db: Db, userId: string, passwordHash: string) {
  await db
    .updateTable('users')
    .set({ password_hash: passwordHash, password_is_temporary: 1 })
    .where('id', '=', userId)
    .execute();
}

/**
 * Deletes a user and their data. Their events stay in the audit log, which has no names.
 * @param verified if given, the hash that the user must still have
 * @returns whether the user was deleted
 */
export async function deleteUser(db: Db, userId: string, verified?: string): Promise<boolean> {
  let query = db.deleteFrom('users').where('id', '=', userId);
  if (verified !== undefined) query = query.where('password_hash', '=', verified);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}

/** Two names with the same key are the same. Names are ASCII, so lower case is enough. */
export function toUsernameKey(username: string): string {
  return username.toLowerCase();
}
