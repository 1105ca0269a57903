import BetterSqlite3 from 'better-sqlite3';

/** SQLite's result codes for what lies outside the statement: the file, the disk, another process. */
const OUTAGES =
  /^SQLITE_(BUSY|LOCKED|IOERR|FULL|CANTOPEN|READONLY|NOTADB|CORRUPT|PROTOCOL|NOMEM|INTERRUPT)/;

/** Whether the database could not do its work just now, however right the request was. */
export function isOutage(error: unknown): boolean {
  if (error instanceof BetterSqlite3.SqliteError) return OUTAGES.test(error.code);
  if (!(error instanceof Error)) return false;
  return /database connection is not open|driver has already been destroyed/.test(error.message);
}

/** Whether another transaction was in the way, so that the same one may succeed if tried again. */
export function isContention(error: unknown): boolean {
  return error instanceof BetterSqlite3.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}
