// Promise: the SQLite database is copied, consistent, while the service runs.
import { readDatabaseLocation } from '../src/config.ts';
import { BackupError, type BackupProgress, backUpSqlite } from '../src/database/backup.ts';
import { expectNoPositionals, expectThere, Fault, main, UsageError } from './operator.ts';

const HELP = `npm run backup -- --file FILE

Copies the SQLite database of DATABASE_URL into a new file, readable only by its owner. The service
may run: the file has the database as it is at one moment. When the command ends with 0, the file is
complete and has been checked.

It has everything but the secret that signs access tokens: JWT_SECRET, the file of JWT_KEYS, or the
file that the service made beside the database (its name ends with .secret). docs/backup.md says how
to restore it, and how to back up PostgreSQL.`;

await main(HELP, { file: { type: 'string' } }, async ({ file }, positionals) => {
  expectNoPositionals(positionals);
  if (typeof file !== 'string' || file === '') throw new UsageError('--file FILE is missing');
  const location = readDatabaseLocation(process.env);
  if (location.engine === 'postgres') {
    throw new Fault('DATABASE_URL is PostgreSQL: back it up with pg_dump, see docs/backup.md');
  }
  if (location.path === ':memory:') throw new Fault('A database in memory has no file to back up');
  expectThere(location);
  const size = await backUpSqlite(location.path, file, progressReporter()).catch(explain);
  console.log(`Complete: ${file}, ${megabytesOf(size)} MB`);
});

/** Prints how far the copy is, once a second. */
function progressReporter(): (progress: BackupProgress) => void {
  let printedAt = Number.NEGATIVE_INFINITY;
  return ({ done, total }) => {
    const now = performance.now();
    if (now - printedAt < 1000) return;
    printedAt = now;
    console.log(`backing up: ${megabytesOf(done)} MB of ${megabytesOf(total)} MB`);
  };
}

function megabytesOf(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function explain(error: unknown): never {
  const isSystem = error instanceof Error && 'syscall' in error;
  throw error instanceof BackupError || isSystem ? new Fault(error.message) : error;
}
