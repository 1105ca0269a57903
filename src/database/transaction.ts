import type { Kysely, Transaction } from 'kysely';
import { isContention, isLostConnection } from './errors.ts';
import { retry } from './retry.ts';

/** For each transaction under way, who is to be told that it has held. */
const commitListeners = new WeakMap<object, (() => void)[]>();

/**
 * Calls `tell` once what was written through `db` is certain: when its transaction has been
 * committed, or now, if it is in none. Of what was rolled back nobody is told.
 */
export function afterCommit<DB>(db: Kysely<DB>, listener: () => void): void {
  const others = commitListeners.get(db);
  if (others) others.push(listener);
  else listener();
}

/**
 * Runs `work` in one transaction, again if another transaction was in the way or the connection
 * was lost before the commit was sent. After that nobody knows whether it held, and it is not done
 * twice. `work` returns its verdict as a value: a thrown error rolls everything back, the
 * revocation of a stolen session included.
 */
export async function transact<DB, T>(
  db: Kysely<DB>,
  work: (trx: Transaction<DB>) => Promise<T>,
): Promise<T> {
  let isCommitting = false;
  return retry(
    async () => {
      isCommitting = false;
      const trx = await db.startTransaction().execute();
      const told: (() => void)[] = [];
      commitListeners.set(trx, told);
      let verdict: T;
      try {
        verdict = await work(trx);
        isCommitting = true;
        await trx.commit().execute();
      } catch (error) {
        // After some failures (a full disk) SQLite has rolled back by itself and refuses to do it
        // again: that refusal must not stand in for the reason.
        await trx
          .rollback()
          .execute()
          .catch(() => undefined);
        throw error;
      }
      for (const tell of told) tell();
      return verdict;
    },
    (error) => isContention(error) || (isLostConnection(error) && !isCommitting),
  );
}
