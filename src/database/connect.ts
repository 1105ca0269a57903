import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import type { Database } from './schema.ts';

export type Db = Kysely<Database>;

/** Where the data is: a file, or `:memory:` for as long as the process lives. */
export interface SqliteLocation {
  engine: 'sqlite';
  path: string;
}

/** How long a write waits for another process on the same file, in milliseconds. */
const BUSY_TIMEOUT = 2000;

/** Opens the database, making its folder if need be; the tables are `migrate`'s business. */
export function connect({ path }: SqliteLocation): Db {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const sqlite = new BetterSqlite3(path, { timeout: BUSY_TIMEOUT });
  sqlite.pragma('journal_mode = WAL');
  // FULL: what has been answered is on the disk, whatever happens to the process or the machine.
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  return new Kysely<Database>({ dialect: new SqliteDialect({ database: remembering(sqlite) }) });
}

/** How many prepared statements are kept: many times what the service has. */
const STATEMENTS = 500;

/**
 * Kysely's SQLite driver prepares a statement anew at every execution; this hands it the one it
 * had before. No statement is in use twice at a time: Kysely runs one after the other and reads
 * each to its end.
 */
function remembering(sqlite: BetterSqlite3.Database) {
  const statements = new Map<string, BetterSqlite3.Statement<unknown[]>>();
  return {
    close: () => void sqlite.close(),
    prepare(sql: string) {
      const known = statements.get(sql);
      if (known) return known;
      const statement = sqlite.prepare<unknown[]>(sql);
      if (statements.size >= STATEMENTS) statements.clear();
      statements.set(sql, statement);
      return statement;
    },
  };
}
