import { v7 as uuid } from 'uuid';
import type { Db } from '../database/connect.ts';

/** A user without the password. */
export interface User {
  id: string;
  username: string;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** @returns undefined when the name is taken */
export async function createUser(
  db: Db,
  user: { username: string; passwordHash: string; now: number },
): Promise<User | undefined> {
  // No error when the name is taken: on PostgreSQL it would end the transaction that this runs in.
  return db
    .insertInto('users')
    .values({
      id: uuid(),
      username: user.username,
      username_key: keyOf(user.username),
      password_hash: user.passwordHash,
      created_at: user.now,
    })
    .onConflict((conflict) => conflict.column('username_key').doNothing())
    .returning(['id', 'username', 'created_at as createdAt'])
    .executeTakeFirst();
}

/** The user of that name, in whatever case it is written, with the hash of their password. */
export async function findUserByName(db: Db, username: string) {
  return db
    .selectFrom('users')
    .select(['id', 'username', 'created_at as createdAt', 'password_hash as passwordHash'])
    .where('username_key', '=', keyOf(username))
    .executeTakeFirst();
}

export async function findUser(db: Db, id: string) {
  return db
    .selectFrom('users')
    .select(['id', 'username', 'created_at as createdAt', 'password_hash as passwordHash'])
    .where('id', '=', id)
    .executeTakeFirst();
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
    .set({ password_hash: replacement })
    .where('id', '=', userId)
    .where('password_hash', '=', verified)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** What makes two names the same: names are ASCII, so lower case will do. */
export function keyOf(username: string): string {
  return username.toLowerCase();
}
