import type { Command } from 'commander';
import { readDatabaseLocation } from '../config.ts';
import { backUpSqlite } from '../database/backup.ts';
import { OperatorError } from '../operator-error.ts';
import { assertDatabaseExists } from './database.ts';
import { throwAsOperatorError } from './errors.ts';
import { createProgressReporter, printResult, type Result, type Terminal } from './terminal.ts';

const HELP = `
The service can keep running: the file is a copy of the database at one moment. If the exit code is 0,
the file is complete and has been checked.

It contains everything except the secret that signs access tokens: JWT_SECRET, the file of JWT_KEYS, or
the file that the service has made beside the database (its name ends with .secret). docs/backup.md
describes how to restore it, and how to back up PostgreSQL.`;

export function addBackupCommand(program: Command, terminal: Terminal): void {
  program
    .command('backup')
    .description('copy the SQLite database into a new file while the service runs')
    .requiredOption('--file <path>', 'the new file; only its owner can read it')
    .addHelpText('after', HELP)
    .action(printResult(terminal, ({ file }: { file: string }) => backUp(file, terminal)));
}

async function backUp(file: string, terminal: Terminal): Promise<Result> {
  const location = readDatabaseLocation(terminal.environment);
  if (location.engine === 'postgres') {
    throw new OperatorError(
      'DATABASE_URL is PostgreSQL: back it up with pg_dump, see docs/backup.md.',
    );
  }
  if (location.path === ':memory:')
    throw new OperatorError('A database in memory has no file to back up.');
  assertDatabaseExists(location);
  const report = createProgressReporter(terminal, 'backing up');
  const size = await backUpSqlite(location.path, file, (done, total) =>
    report('', `${formatMegabytes(done)} MB of ${formatMegabytes(total)} MB`),
  ).catch(throwAsOperatorError);
  return { text: `Complete: ${file}, ${formatMegabytes(size)} MB`, data: { file, bytes: size } };
}

function formatMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
