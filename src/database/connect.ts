import { Kysely } from 'kysely';
import { openPostgres, type PoolUse, type PostgresLocation } from './postgres.ts';
import type { Database } from './schema.ts';
import { openSqlite, type SqliteLocation } from './sqlite.ts';

export type { PoolUse };
export type Db = Kysely<Database>;

/** Where the data is. */
export type DatabaseLocation = SqliteLocation | PostgresLocation;

/** Opens the database; the tables are `migrate`'s business. */
export function connect(location: DatabaseLocation): Db {
  if (location.engine === 'sqlite') return new Kysely<Database>({ dialect: openSqlite(location) });
  const { dialect, poolUse } = openPostgres(location);
  const db = new Kysely<Database>({ dialect });
  poolUses.set(db, poolUse);
  return db;
}

const poolUses = new WeakMap<Db, () => PoolUse>();

/** How the database's connections are used just now; one that is embedded has no pool of them. */
export function poolUseOf(db: Db): PoolUse | undefined {
  return poolUses.get(db)?.();
}
