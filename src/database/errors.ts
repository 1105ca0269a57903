import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';

/** The connection broke, or there is none to be had; `cause` says why. */
export class LostConnection extends Error {
  override name = 'LostConnection';
  /** Whether the statement may have reached the database, so that nobody knows if it held. */
  readonly wasSent: boolean;

  constructor(cause: unknown, { wasSent }: { wasSent: boolean }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.wasSent = wasSent;
  }
}

/** As many requests wait for a connection already as may. */
export class PoolExhausted extends Error {
  override name = 'PoolExhausted';
}

/** The file of the database is no longer at its path: what is written now, nobody finds again. */
export class DatabaseFileMoved extends Error {
  override name = 'DatabaseFileMoved';
}

/** SQLite's result codes for what lies outside the statement: the file, the disk, another process. */
const SQLITE_OUTAGES =
  /^SQLITE_(BUSY|LOCKED|IOERR|FULL|CANTOPEN|READONLY|NOTADB|CORRUPT|PROTOCOL|NOMEM|INTERRUPT)/;

/**
 * PostgreSQL's for the same: connection, authorization, no such database, read-only (a replica),
 * rolled back, resources, limits, locks, operator's intervention, system, corruption.
 */
const POSTGRES_OUTAGES = /^(08|28|3D|25006|40|53|54|55|57|58|XX001|XX002)/;

/**
 * Whether the database could not do its work just now, however right the request was. That includes a
 * row whose user was deleted meanwhile: the next request gets 401.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof LostConnection || error instanceof PoolExhausted) return true;
  if (isForeignKeyViolation(error)) return true;
  if (error instanceof DatabaseFileMoved) return true;
  if (error instanceof BetterSqlite3.SqliteError) return SQLITE_OUTAGES.test(error.code);
  if (error instanceof pg.DatabaseError) return POSTGRES_OUTAGES.test(error.code ?? '');
  if (!(error instanceof Error)) return false;
  return /database connection is not open|driver has already been destroyed/.test(error.message);
}

/** Whether a row refers to one that does not exist. */
function isForeignKeyViolation(error: unknown): boolean {
  const isDriverError =
    error instanceof BetterSqlite3.SqliteError || error instanceof pg.DatabaseError;
  return isDriverError && /^(SQLITE_CONSTRAINT_FOREIGNKEY|23503)$/.test(error.code ?? '');
}

/**
 * Whether another transaction was in the way, so that the same one may succeed if tried again: a
 * locked file; a serialization failure, a deadlock (Class 40, in which nothing has held).
 */
export function isContention(error: unknown): boolean {
  if (error instanceof BetterSqlite3.SqliteError) return /^SQLITE_(BUSY|LOCKED)/.test(error.code);
  return error instanceof pg.DatabaseError && /^(40001|40P01)$/.test(error.code ?? '');
}

/** Whether the engine does not take what was to be written: a text, a number, a constraint. */
export function isRejectedValue(error: unknown): boolean {
  if (error instanceof BetterSqlite3.SqliteError) return error.code.startsWith('SQLITE_CONSTRAINT');
  return error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');
}

/**
 * Whether the connection is of no use any more: it broke, its server is going down, or it leads to
 * one that may not write (a leader until a moment ago).
 */
export function isLostConnection(error: unknown): boolean {
  if (error instanceof LostConnection) return true;
  return error instanceof pg.DatabaseError && /^(08|57P0|25006)/.test(error.code ?? '');
}
