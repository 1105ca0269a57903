import { Kysely, type LogEvent } from 'kysely';
import { createDatabaseCheck, type OpenedFile } from './check.ts';
import { openPostgres, type PoolUse, type PostgresLocation } from './postgres.ts';
import type { Database } from './schema.ts';
import { openSqlite, type SqliteLocation } from './sqlite.ts';

export type { PoolUse };
export type Db = Kysely<Database>;

/** Where the data is. */
export type DatabaseLocation = SqliteLocation | PostgresLocation;

/**
 * Opens the database; the tables are `migrate`'s business.
 * @param told is told of every statement that has ended; without it none is looked at
 */
export function connect(location: DatabaseLocation, told?: (event: LogEvent) => void): Db {
  const log = told ? { log: told } : {};
  if (location.engine === 'sqlite') {
    const { dialect, openedFiles } = openSqlite(location);
    const db = new Kysely<Database>({ dialect, ...log });
    filesOf.set(db, openedFiles);
    return db;
  }
  const { dialect, poolUse } = openPostgres(location);
  const db = new Kysely<Database>({ dialect, ...log });
  poolUses.set(db, poolUse);
  return db;
}

const filesOf = new WeakMap<Db, OpenedFile[]>();

/** Makes the check whether the database can serve, see `createDatabaseCheck`. */
export function databaseCheckOf(db: Db, now: () => number): () => Promise<void> {
  return createDatabaseCheck(db, filesOf.get(db) ?? [], now);
}

const poolUses = new WeakMap<Db, () => PoolUse>();

/** How the database's connections are used just now; one that is embedded has no pool of them. */
export function poolUseOf(db: Db): PoolUse | undefined {
  return poolUses.get(db)?.();
}
