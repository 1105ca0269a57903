// Opens the database of a peer with Kysely, in the way that Kysely's documentation shows.
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import pg from 'pg';

/** The same as the service's default DATABASE_POOL_SIZE. */
const POOL_SIZE = 10;

export function openDatabase(url) {
  const isSqlite = url.startsWith('sqlite:');
  const dialect = isSqlite ? sqliteDialect(url.slice('sqlite:'.length)) : postgresDialect(url);
  return new Kysely({ dialect });
}

function sqliteDialect(path) {
  const database = new BetterSqlite3(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  return new SqliteDialect({ database });
}

function postgresDialect(connectionString) {
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  return new PostgresDialect({ pool: new pg.Pool({ connectionString, max: POOL_SIZE }) });
}
