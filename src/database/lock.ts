import { sql } from 'kysely';
import { DEFAULT_MIGRATION_LOCK_TABLE, MIGRATION_LOCK_ID } from 'kysely/migration';
import pg from 'pg';
import { v7 as uuid } from 'uuid';
import type { Db } from './connect.ts';
import { retry } from './retry.ts';
import { transact } from './transaction.ts';

// Kysely's own way needs a lock that belongs to a session, which neither PgBouncer nor every engine
// has. Its table serves all the same: a row that is written is held until the transaction ends.
const locks = sql.table(DEFAULT_MIGRATION_LOCK_TABLE);

/** Does the work in a transaction, while no other process changes the tables. */
export async function inLock<T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  await createTable(db);
  return transact(db, async (trx) => {
    await sql`
      insert into ${locks} (id, is_locked) values (${MIGRATION_LOCK_ID}, 0)
      on conflict (id) do update set is_locked = 0`.execute(trx);
    return work(trx);
  });
}

/** The table that Kysely makes for its lock, made by itself: in a transaction two would collide. */
async function createTable(db: Db): Promise<void> {
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

/** Says that what is in the database is being copied into it, until `finishCopy`. */
export interface CopyLock {
  id: string;
}

/** Whether a copy into the database has been begun and not finished. */
export async function isUnfinishedCopy(db: Db): Promise<boolean> {
  const { rows } = await sql`select id from ${locks} where id like 'copy %'`.execute(db);
  return rows.length > 0;
}

/** Takes the place of a copy that was begun before, which ends with its next `holdCopy`. */
export async function beginCopy(trx: Db): Promise<CopyLock> {
  const id = `copy ${uuid()}`;
  await sql`delete from ${locks} where id like 'copy %'`.execute(trx);
  await sql`insert into ${locks} (id, is_locked) values (${id}, 1)`.execute(trx);
  return { id };
}

/** Until the transaction ends nobody takes this copy's place. @returns whether nobody has before */
export async function holdCopy(trx: Db, { id }: CopyLock): Promise<boolean> {
  const held = await sql`update ${locks} set is_locked = 1 where id = ${id}`.execute(trx);
  return held.numAffectedRows === 1n;
}

export async function finishCopy(trx: Db, { id }: CopyLock): Promise<void> {
  await sql`delete from ${locks} where id = ${id}`.execute(trx);
}
