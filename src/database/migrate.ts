import { sql } from 'kysely';
import { DEFAULT_MIGRATION_LOCK_TABLE, MIGRATION_LOCK_ID, Migrator } from 'kysely/migration';
import pg from 'pg';
import type { Db } from './connect.ts';
import { initial } from './migrations/0001_initial.ts';
import { retry } from './retry.ts';
import { transact } from './transaction.ts';

/** All migrations in the order of their names; a new one is a file and a line here. */
const migrations = { '0001_initial': initial };

/**
 * Brings the tables to the newest form, in one transaction: wholly or not at all, and one process
 * at a time, however many start at once.
 * @param fill puts into a database that is new what it is to begin with
 * @throws the error of the migration that failed; it has changed nothing
 */
export async function migrate(
  db: Db,
  fill: (db: Db) => Promise<void> = async () => {},
): Promise<void> {
  await createLock(db);
  await transact(db, async (trx) => {
    await lock(trx);
    const migrator = new Migrator({ db: trx, provider: { getMigrations: async () => migrations } });
    const { error, results = [] } = await migrator.migrateToLatest();
    if (error) throw error;
    if (results.some(({ migrationName }) => migrationName === '0001_initial')) await fill(trx);
  });
}

/** The table that Kysely makes for its lock, made by itself: in a transaction two would collide. */
async function createLock(db: Db): Promise<void> {
  const create = db.schema
    .createTable(DEFAULT_MIGRATION_LOCK_TABLE)
    .ifNotExists()
    .addColumn('id', 'varchar(255)', (column) => column.notNull().primaryKey())
    .addColumn('is_locked', 'integer', (column) => column.notNull().defaultTo(0));
  await retry(() => create.execute(), isThereByNow);
}

/** PostgreSQL's `if not exists` fails for who comes second, on one of its own tables or another. */
function isThereByNow(error: unknown): boolean {
  return error instanceof pg.DatabaseError && /^(42P07|42710|23505)$/.test(error.code ?? '');
}

/**
 * Holds the lock's row until the transaction ends. Kysely's own way needs a lock that belongs to a
 * session, which neither PgBouncer nor every engine has.
 */
async function lock(trx: Db): Promise<void> {
  const table = sql.table(DEFAULT_MIGRATION_LOCK_TABLE);
  await sql`
    insert into ${table} (id, is_locked) values (${MIGRATION_LOCK_ID}, 0)
    on conflict (id) do update set is_locked = 0`.execute(trx);
}
