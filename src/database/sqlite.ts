import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { SqliteAdapter, SqliteDialect } from 'kysely';
import type { OpenedFile } from './check.ts';

/** Where the data is: a file, or `:memory:` for as long as the process lives. */
export interface SqliteLocation {
  engine: 'sqlite';
  path: string;
}

/** How long a write waits for another process on the same file, in milliseconds. */
const BUSY_TIMEOUT_MS = 2000;

/** Opens the file, making its folder if need be. */
export function openSqlite({ path }: SqliteLocation): {
  dialect: SqliteDialect;
  openedFiles: OpenedFile[];
} {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const sqlite = new BetterSqlite3(path, { timeout: BUSY_TIMEOUT_MS });
  sqlite.pragma('journal_mode = WAL');
  // FULL: what has been answered is on the disk, whatever happens to the process or the machine.
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  const dialect = new TransactionalSqliteDialect({ database: withStatementCache(sqlite) });
  return { dialect, openedFiles: path === ':memory:' ? [] : identifyFiles(sqlite, path) };
}

/** The file, and the log of its writes, which the first read creates. */
function identifyFiles(sqlite: BetterSqlite3.Database, path: string): OpenedFile[] {
  sqlite.pragma('user_version');
  return [path, `${path}-wal`].flatMap((name) => {
    const stats = statSync(name, { bigint: true, throwIfNoEntry: false });
    return stats ? [{ path: resolve(name), stats }] : [];
  });
}

/** SQLite changes its tables in transactions like everything else; Kysely does not rely on it. */
export class TransactionalSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** How many prepared statements are kept: many times what the service has. */
const MAX_CACHED_STATEMENTS = 500;

/**
 * Kysely's SQLite driver prepares a statement anew at every execution; this hands it the one it
 * had before. No statement is in use twice at a time: Kysely runs one after the other and reads
 * each to its end.
 */
function withStatementCache(sqlite: BetterSqlite3.Database) {
  const statements = new Map<string, BetterSqlite3.Statement<unknown[]>>();
  return {
    close: () => void sqlite.close(),
    prepare(sql: string) {
      const known = statements.get(sql);
      if (known) return known;
      const statement = sqlite.prepare<unknown[]>(sql);
      if (statements.size >= MAX_CACHED_STATEMENTS) statements.clear();
      statements.set(sql, statement);
      return statement;
    },
  };
}
