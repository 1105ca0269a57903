import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError, readDatabaseLocation } from '../config.ts';
import type { DatabaseLocation } from '../database/connect.ts';
import { copyDatabase } from '../database/copy.ts';
import { assertDatabaseExists, openDatabase } from './database.ts';
import { redactPasswords, UsageError } from './errors.ts';
import {
  createProgressReporter,
  formatCount,
  printResult,
  type Result,
  type Terminal,
} from './terminal.ts';

const HELP = `
Copies all data, between any two engines: users, sessions, spent tokens, todos, idempotency keys,
counters, audit events and the service's own secrets. No user is logged out. Stop the service first: if
it writes meanwhile, the copy fails.

The copy is one transaction: if it is interrupted, or if the databases differ at its end in the numbers
of their rows or the sums of a column, nothing is copied.

All users of the machine can read the arguments of a command. So give a password in the environment (in
the two variables, or in PGPASSWORD) or in ~/.pgpass.`;

export function addCopyCommand(program: Command, terminal: Terminal): void {
  program
    .command('copy')
    .description('copy all data, including live sessions, into another database')
    .option('--from <url>', 'source database; default: the environment variable COPY_FROM')
    .option('--to <url>', 'empty target database; default: DATABASE_URL')
    .addHelpText('after', HELP)
    .action(printResult(terminal, (options: CopyOptions) => copy(options, terminal)));
}

type CopyOptions = Partial<Record<'from' | 'to', string>>;

async function copy(options: CopyOptions, terminal: Terminal): Promise<Result> {
  const { environment, errors } = terminal;
  const from = readLocation('from', options.from ?? environment['COPY_FROM'], environment);
  const to = readLocation('to', options.to ?? environment['DATABASE_URL'], environment);
  assertDatabaseExists(from);
  if (to.engine === 'sqlite' && to.path === ':memory:')
    throw new UsageError('--to must be a file.');
  errors.write(`From ${formatLocation(from)}\nTo   ${formatLocation(to)}\n`);
  const report = createProgressReporter(terminal, 'copying');
  const count = await openDatabase(from, (source) =>
    openDatabase(to, (target) =>
      copyDatabase(source, target, ({ table, done, total }) =>
        report(
          table,
          `${formatCount(done, 'row')} of ${total.toLocaleString('en')}`,
          done >= total,
        ),
      ),
    ),
  );
  const rows = formatCount(count, 'row');
  const text = `Complete: ${rows}, and both databases have the same.\n\n${describeNextStep(from, to)}`;
  return { text, data: { from: formatLocation(from), to: formatLocation(to), rows: count } };
}

function readLocation(
  name: 'from' | 'to',
  url: string | undefined,
  environment: NodeJS.ProcessEnv,
): DatabaseLocation {
  if (!url) throw new UsageError(`--${name} is missing.`);
  try {
    return readDatabaseLocation({ ...environment, DATABASE_URL: url });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(error.message.replaceAll('DATABASE_URL', `--${name}`));
  }
}

/** The URL without its password. */
function formatLocation(location: DatabaseLocation): string {
  if (location.engine === 'sqlite') return `sqlite:${location.path}`;
  return redactPasswords(location.url).replace(/[?#].*/, '');
}

/** Says how to start the service so that it accepts the copied sessions; never prints the secret. */
function describeNextStep(from: DatabaseLocation, to: DatabaseLocation): string {
  const file = from.engine === 'sqlite' ? `${from.path}.secret` : '';
  const ownSecret = existsSync(file)
    ? `\nIf neither was set, the service has made one: set JWT_SECRET to the content of ${file}.`
    : '';
  return `Start the service with DATABASE_URL=${formatLocation(to)} and the previous JWT_SECRET
or JWT_KEYS: with another one it rejects the access tokens of its users.${ownSecret}`;
}
