import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import type { Db } from './connect.ts';
import { isContention } from './errors.ts';
import type { Database } from './schema.ts';

const ATTEMPTS = 6;

/**
 * Runs `work` in one transaction, again if another transaction was in the way (bounded, with
 * jitter). `work` returns its verdict as a value: a thrown error rolls everything back, the
 * revocation of a stolen session included.
 */
export async function transact<T>(
  db: Db,
  work: (trx: Transaction<Database>) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(db, work);
    } catch (error) {
      if (attempt === ATTEMPTS || !isContention(error)) throw error;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}

async function once<T>(db: Db, work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
  const trx = await db.startTransaction().execute();
  try {
    const verdict = await work(trx);
    await trx.commit().execute();
    return verdict;
  } catch (error) {
    // After some failures (a full disk) SQLite has rolled back by itself and refuses to do it
    // again: that refusal must not stand in for the reason.
    await trx
      .rollback()
      .execute()
      .catch(() => undefined);
    throw error;
  }
}
