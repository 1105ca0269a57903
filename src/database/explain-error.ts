import { findDriverCode, LostConnection } from './errors.ts';

const RESTORE_ADVICE = 'Restore a backup: docs/backup.md says how.';

/** What the operator can do, by the first characters of the driver's code. */
const REMEDIES: Record<string, string> = {
  SQLITE_CANTOPEN:
    'Set DATABASE_URL to a file that can be written, for example sqlite:data/todos.sqlite.',
  SQLITE_NOTADB: `DATABASE_URL names a file that is not an SQLite database, or is damaged. ${RESTORE_ADVICE}`,
  SQLITE_CORRUPT: `The database file is damaged. ${RESTORE_ADVICE}`,
  SQLITE_IOERR: `The disk of the database file has errors. ${RESTORE_ADVICE}`,
  SQLITE_FULL: 'The disk of the database file is full: free some space.',
  SQLITE_READONLY: 'Make the database file and its folder writable for this user.',
  SQLITE_BUSY: 'Another program locks the database file: stop it, and try again.',
  '28P01': 'The user or password of DATABASE_URL is wrong.',
  '28': 'The user of DATABASE_URL is not allowed to connect.',
  '3D000': 'DATABASE_URL names a database that does not exist: create it first.',
  '42501': 'The user of DATABASE_URL needs the right to create tables in its database.',
  '25006': 'DATABASE_URL leads to a read-only replica: set it to the primary.',
  '53100': 'The disk of PostgreSQL is full: free some space.',
  '53300':
    'PostgreSQL has too many connections: lower DATABASE_POOL_SIZE, or raise max_connections.',
  '57P03': 'PostgreSQL is starting or shutting down: try again.',
};

/** @returns what is wrong and what to do, for an error of the database; otherwise undefined */
export function explainDatabaseError(error: unknown): string | undefined {
  if (error instanceof LostConnection) {
    return `The database of DATABASE_URL cannot be reached: ${error.message}`;
  }
  const code = findDriverCode(error);
  if (!(error instanceof Error) || code === '') return undefined;
  const remedy = Object.entries(REMEDIES).find(([prefix]) => code.startsWith(prefix))?.[1];
  return `The database of DATABASE_URL cannot be used: ${error.message} (${code}).\n${remedy ?? OTHER_REMEDY}`;
}

const OTHER_REMEDY = `Set DATABASE_URL to a database of this service, or an empty one. If its tables were changed by hand: ${RESTORE_ADVICE}`;
