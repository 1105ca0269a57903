import { Kysely } from 'kysely';
import { openPostgres, type PostgresLocation } from './postgres.ts';
import type { Database } from './schema.ts';
import { openSqlite, type SqliteLocation } from './sqlite.ts';

export type Db = Kysely<Database>;

/** Where the data is. */
export type DatabaseLocation = SqliteLocation | PostgresLocation;

/** Opens the database; the tables are `migrate`'s business. */
export function connect(location: DatabaseLocation): Db {
  const dialect = location.engine === 'sqlite' ? openSqlite(location) : openPostgres(location);
  return new Kysely<Database>({ dialect });
}
