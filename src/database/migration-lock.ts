import { sql } from 'kysely';
import { DEFAULT_MIGRATION_LOCK_TABLE, MIGRATION_LOCK_ID } from 'kysely/migration';
import pg from 'pg';
import type { Db } from './connect.ts';
import { retry } from './retry.ts';
import { transact } from './transaction.ts';

// Kysely's own way needs a lock that belongs to a session, which neither PgBouncer nor every engine
// has. Its table serves all the same: a row that is written is held until the transaction ends.
const lockTable = sql.table(DEFAULT_MIGRATION_LOCK_TABLE);

/** Does the work in a transaction, while no other process changes the tables. */
export async function withMigrationLock<T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  await createLockTable(db);
  return transact(db, async (trx) => {
    await sql`
      insert into ${lockTable} (id, is_locked) values (${MIGRATION_LOCK_ID}, 0)
      on conflict (id) do update set is_locked = 0`.execute(trx);
    return work(trx);
  });
}

/** The table that Kysely makes for its lock, made by itself: in a transaction two would collide. */
async function createLockTable(db: Db): Promise<void> {
  const create = db.schema
    .createTable(DEFAULT_MIGRATION_LOCK_TABLE)
    .ifNotExists()
    .addColumn('id', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('is_locked', 'integer', (column) => column.notNull().defaultTo(0));
  await retry(() => create.execute(), isConcurrentCreate);
}

/** PostgreSQL's `if not exists` fails for who comes second, on one of its own tables or another. */
function isConcurrentCreate(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(42P07|42710|23505)$/.test(error.code ?? '');
}
