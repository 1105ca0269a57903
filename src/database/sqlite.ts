import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { SqliteAdapter, SqliteDialect } from 'kysely';
import type { OpenedFile } from './check.ts';

/** A file, or `:memory:` for a database that ends with the process. */
export interface SqliteLocation {
  engine: 'sqlite';
  path: string;
}

/** How long a write waits for another process that uses the same file. */
const BUSY_TIMEOUT_MS = 2000;

/** Opens the file, and makes its folder if necessary. */
export function openSqlite({ path }: SqliteLocation): {
  dialect: SqliteDialect;
  openedFiles: OpenedFile[];
} {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const sqlite = new BetterSqlite3(path, { timeout: BUSY_TIMEOUT_MS });
  sqlite.pragma('journal_mode = WAL');
  // FULL: a committed write survives a crash of the process or the machine.
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  const dialect = new TransactionalSqliteDialect({ database: withStatementCache(sqlite) });
  return { dialect, openedFiles: path === ':memory:' ? [] : identifyFiles(sqlite, path) };
}

/** Identifies the file and its write-ahead log, which the first read creates. */
function identifyFiles(sqlite: BetterSqlite3.Database, path: string): OpenedFile[] {
  sqlite.pragma('user_version');
  return [path, `${path}-wal`].flatMap((name) => {
    const stats = statSync(name, { bigint: true, throwIfNoEntry: false });
    return stats ? [{ path: resolve(name), stats }] : [];
  });
}

/** SQLite can change tables in a transaction, although Kysely's dialect says that it cannot. */
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

/** Many times the number of statements that the service has. */
const MAX_CACHED_STATEMENTS = 500;

/**
 * Caches prepared statements, because Kysely's SQLite driver prepares a statement for every execution.
 * Statements can be shared: Kysely runs one at a time and reads its result to the end.
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
