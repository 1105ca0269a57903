import { randomBytes } from 'node:crypto';
import type { Db } from './connect.ts';

/** Finds a secret by name, or makes it: all processes on this database share it. */
export async function findOrCreateSecret(db: Db, name: string): Promise<string> {
  await db
    .insertInto('secrets')
    .values({ name, value: randomBytes(32).toString('base64url') })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const { value } = await db
    .selectFrom('secrets')
    .select('value')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return value;
}
