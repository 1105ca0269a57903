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
      return await db.transaction().execute(work);
    } catch (error) {
      if (attempt === ATTEMPTS || !isContention(error)) throw error;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}
