import { Kysely, type LogEvent } from 'kysely';
import { createDatabaseCheck, type OpenedFile } from './check.ts';
import { openPostgres, type PoolUsage, type PostgresLocation } from './postgres.ts';
import type { Database } from './schema.ts';
import { openSqlite, type SqliteLocation } from './sqlite.ts';

export type Db = Kysely<Database>;

/** Where the data is. */
export type DatabaseLocation = SqliteLocation | PostgresLocation;

/** What an engine has in addition to Kysely's interface. */
interface EngineDetails {
  openedFiles?: OpenedFile[];
  findPoolUsage?: () => PoolUsage;
}

const detailsByDb = new WeakMap<Db, EngineDetails>();

/**
 * Opens the database; `migrate` makes the tables.
 * @param onQuery called after every statement
 */
export function connect(location: DatabaseLocation, onQuery?: (event: LogEvent) => void): Db {
  const { dialect, ...details } =
    location.engine === 'sqlite' ? openSqlite(location) : openPostgres(location);
  const db = new Kysely<Database>({ dialect, ...(onQuery && { log: onQuery }) });
  detailsByDb.set(db, details);
  return db;
}

/** Makes the check of an open database, see `createDatabaseCheck`. */
export function createCheckOfDatabase(db: Db, now: () => number): () => Promise<void> {
  return createDatabaseCheck(db, detailsByDb.get(db)?.openedFiles ?? [], now);
}

/** How the pool's connections are used; an embedded database has no pool. */
export function findPoolUsage(db: Db): PoolUsage | undefined {
  return detailsByDb.get(db)?.findPoolUsage?.();
}
