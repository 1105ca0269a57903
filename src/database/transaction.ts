import type { Kysely, Transaction } from 'kysely';
import { isContention, isLostConnection } from './errors.ts';
import { retry } from './retry.ts';

/** The listeners of each transaction in progress. */
const commitListeners = new WeakMap<object, (() => void)[]>();

/**
 * Calls the listener after the commit of the transaction `db`, or now if `db` is not a transaction.
 * After a rollback it is not called.
 */
export function afterCommit<DB>(db: Kysely<DB>, listener: () => void): void {
  const listeners = commitListeners.get(db);
  if (listeners) listeners.push(listener);
  else listener();
}

/**
 * Runs work in one transaction. It is retried after contention, and if the connection was lost before
 * the commit was sent. If the connection was lost later, the commit may have succeeded, so there is no
 * retry. The work returns its result as a value: an error rolls everything back, including the
 * revocation of a stolen session.
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
      const listeners: (() => void)[] = [];
      commitListeners.set(trx, listeners);
      let result: T;
      try {
        result = await work(trx);
        isCommitting = true;
        await trx.commit().execute();
      } catch (error) {
        // After some errors (a full disk) SQLite has already rolled back, and a second rollback
        // fails: that error must not hide the first one.
        const rollback = trx.rollback().execute();
        await rollback.catch(() => undefined);
        throw error;
      }
      for (const listener of listeners) listener();
      return result;
    },
    (error) => isContention(error) || (isLostConnection(error) && !isCommitting),
  );
}
