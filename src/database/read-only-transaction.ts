import type { Kysely, Transaction } from 'kysely';

/** Runs reads that all find what the first of them found, whoever writes meanwhile. */
export async function readOnlyTransaction<DB, T>(
  db: Kysely<DB>,
  read: (trx: Transaction<DB>) => Promise<T>,
): Promise<T> {
  // What SQLite has of its own accord.
  const transaction = db.transaction().setIsolationLevel('repeatable read');
  return transaction.setAccessMode('read only').execute(read);
}
