import type { Kysely, Transaction } from 'kysely';

/** Runs reads on one snapshot: later writes of other connections are not visible. */
export async function readOnlyTransaction<DB, T>(
  db: Kysely<DB>,
  read: (trx: Transaction<DB>) => Promise<T>,
): Promise<T> {
  // SQLite isolates every transaction like this.
  const transaction = db.transaction().setIsolationLevel('repeatable read');
  return transaction.setAccessMode('read only').execute(read);
}
