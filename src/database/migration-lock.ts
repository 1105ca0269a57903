import { sql } from 'kysely';
import { DEFAULT_MIGRATION_LOCK_TABLE, MIGRATION_LOCK_ID } from 'kysely/migration';
import type { Db } from './connect.ts';
import { findDriverCode } from './errors.ts';
import { retry } from './retry.ts';
import { transact } from './transaction.ts';

// Kysely uses a session-level advisory lock, which PgBouncer and some engines do not support. A row of
// its lock table works everywhere: it stays locked until the transaction that has written it ends.
const lockTable = sql.table(DEFAULT_MIGRATION_LOCK_TABLE);

/** Does the work in a transaction that no other migration can run beside. */
export async function withMigrationLock<T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  await createLockTable(db);
  return transact(db, async (trx) => {
    await sql`
      insert into ${lockTable} (id, is_locked) values (${MIGRATION_LOCK_ID}, 0)
      on conflict (id) do update set is_locked = 0`.execute(trx);
    return work(trx);
  });
}

/** Creates Kysely's lock table before the transaction, in which concurrent creations would fail. */
async function createLockTable(db: Db): Promise<void> {
  const create = db.schema
    .createTable(DEFAULT_MIGRATION_LOCK_TABLE)
    .ifNotExists()
    .addColumn('id', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('is_locked', 'integer', (column) => column.notNull().defaultTo(0));
  await retry(() => create.execute(), isConcurrentCreate);
}

/** Whether another process has just created the table: then PostgreSQL's `if not exists` can fail. */
function isConcurrentCreate(error: unknown): boolean {
  return /^(42P07|42710|23505)$/.test(findDriverCode(error));
}
