import { v7 as uuid } from 'uuid';
import { compiledQuery, type Parameter } from '../database/compiled-query.ts';
import type { Db } from '../database/connect.ts';

/** A user without the password. */
export interface User {
  id: string;
  username: string;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/**
 * @param user `isTemporary`: the password was set by the operator and has to be changed
 * @returns undefined when the name is taken
 */
export async function createUser(
  db: Db,
  user: { username: string; passwordHash: string; now: number; isTemporary?: boolean },
): Promise<User | undefined> {
  // No error when the name is taken: on PostgreSQL it would end the transaction that this runs in.
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

/** The columns of a user with the hash of their password. */
const USER_COLUMNS = [
  'id',
  'username',
  'created_at as createdAt',
  'password_hash as passwordHash',
  'password_is_temporary as isTemporary',
] as const;

/** The user of that name, in whatever case it is written, with the hash of their password. */
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

/** A page of users in the order of their names, after the name (in lower case) given. */
export async function listUsers(db: Db, after: string, limit: number) {
  return db
    .selectFrom('users')
    .select(['username', 'username_key', 'created_at', 'password_is_temporary'])
    .where('username_key', '>', after)
    .orderBy('username_key')
    .limit(limit)
    .execute();
}

/**
 * Puts a new password hash in the place of the one that has just been verified.
 * @returns whether it was still there; not so when the password has been changed meanwhile
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

/** Gives a user a password that they have to change. */
export async function setTemporaryPassword(db: Db, userId: string, passwordHash: string) {
  await db
    .updateTable('users')
    .set({ password_hash: passwordHash, password_is_temporary: 1 })
    .where('id', '=', userId)
    .execute();
}

/**
 * Deletes a user with all that is theirs; their events stay in the audit log, which knows no names.
 * @param verified if given, the hash that must still be there
 * @returns whether the user was deleted
 */
export async function deleteUser(db: Db, userId: string, verified?: string): Promise<boolean> {
  let query = db.deleteFrom('users').where('id', '=', userId);
  if (verified !== undefined) query = query.where('password_hash', '=', verified);
  return (await query.executeTakeFirst()).numDeletedRows > 0n;
}

/** What makes two names the same: names are ASCII, so lower case will do. */
export function toUsernameKey(username: string): string {
  return username.toLowerCase();
}
