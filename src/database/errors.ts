import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';

/** The connection was lost, or could not be made; `cause` says why. */
export class LostConnection extends Error {
  override name = 'LostConnection';
  /** Whether the database may have executed the statement. */
  readonly wasSent: boolean;

  constructor(cause: unknown, { wasSent }: { wasSent: boolean }) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.wasSent = wasSent;
  }
}

/** The maximum number of requests wait for a connection already. */
export class PoolExhausted extends Error {
  override name = 'PoolExhausted';
}

/** The file of the database has left its path, so what is written now would be lost. */
export class DatabaseFileMoved extends Error {
  override name = 'DatabaseFileMoved';
}

/** @returns the code of an error of the driver: `SQLITE_…` or PostgreSQL's five characters; or '' */
export function findDriverCode(error: unknown): string {
  const isOfDriver =
    error instanceof BetterSqlite3.SqliteError || error instanceof pg.DatabaseError;
  return isOfDriver ? (error.code ?? '') : '';
}

/** SQLite's result codes for faults outside the statement: the file, the disk, another process. */
const SQLITE_OUTAGES =
  /^SQLITE_(BUSY|LOCKED|IOERR|FULL|CANTOPEN|READONLY|NOTADB|CORRUPT|PROTOCOL|NOMEM|INTERRUPT)/;

/**
 * PostgreSQL's error classes for the same: connection, authorization, no such database, read-only (a
 * replica), rollback, resources, limits, locks, operator's intervention, system, corruption.
 */
const POSTGRES_OUTAGES = /^(08|28|3D|25006|40|53|54|55|57|58|XX001|XX002)/;

/**
 * Whether the database could not do its work, although the request was valid. That includes a
 * foreign key violation, because the user was deleted meanwhile: the next request gets 401.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof LostConnection || error instanceof PoolExhausted) return true;
  if (error instanceof DatabaseFileMoved) return true;
  const code = findDriverCode(error);
  if (SQLITE_OUTAGES.test(code) || POSTGRES_OUTAGES.test(code)) return true;
  if (/^(SQLITE_CONSTRAINT_FOREIGNKEY|23503)$/.test(code)) return true;
  if (!(error instanceof Error)) return false;
  return /database connection is not open|driver has already been destroyed/.test(error.message);
}

/**
 * Whether another transaction caused the error, so that a retry may succeed: a locked file, or a
 * serialization failure or deadlock, after which PostgreSQL has rolled back.
 */
export function isContention(error: unknown): boolean {
  return /^(SQLITE_(BUSY|LOCKED)|40001|40P01)/.test(findDriverCode(error));
}

/** Whether the engine does not accept a value: a text, a number, a constraint. */
export function isRejectedValue(error: unknown): boolean {
  return /^(SQLITE_CONSTRAINT|2[23])/.test(findDriverCode(error));
}

/**
 * Whether the connection can no longer be used: it was lost, its server is shutting down, or its
 * server has become a replica, which cannot write.
 */
export function isLostConnection(error: unknown): boolean {
  return error instanceof LostConnection || /^(08|57P0|25006)/.test(findDriverCode(error));
}
