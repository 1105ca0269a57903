import { Kysely, type LogEvent } from 'kysely';
import { createDatabaseCheck, type OpenedFile } from './check.ts';
import { openPostgres, type PoolUsage, type PostgresLocation } from './postgres.ts';
import type { Database } from './schema.ts';
import { openSqlite, type SqliteLocation } from './sqlite.ts';

export type { PoolUsage };
export type Db = Kysely<Database>;

/** Where the data is. */
export type DatabaseLocation = SqliteLocation | PostgresLocation;

/**
 * Opens the database; the tables are `migrate`'s business.
 * @param onQuery is told of every statement that has ended; without it none is looked at
 */
export function connect(location: DatabaseLocation, onQuery?: (event: LogEvent) => void): Db {
  const log = onQuery ? { log: onQuery } : {};
  if (location.engine === 'sqlite') {
    const { dialect, openedFiles } = openSqlite(location);
    const db = new Kysely<Database>({ dialect, ...log });
    openedFilesByDb.set(db, openedFiles);
    return db;
  }
  const { dialect, poolUse } = openPostgres(location);
  const db = new Kysely<Database>({ dialect, ...log });
  poolUsageByDb.set(db, poolUse);
  return db;
}

const openedFilesByDb = new WeakMap<Db, OpenedFile[]>();

/** Makes the check whether the database can serve, see `createDatabaseCheck`. */
export function createCheckOfDatabase(db: Db, now: () => number): () => Promise<void> {
  return createDatabaseCheck(db, openedFilesByDb.get(db) ?? [], now);
}

const poolUsageByDb = new WeakMap<Db, () => PoolUsage>();

/** How the database's connections are used just now; one that is embedded has no pool of them. */
export function findPoolUsage(db: Db): PoolUsage | undefined {
  return poolUsageByDb.get(db)?.();
}
