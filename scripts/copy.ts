// Promise: a service moves to another database, and nobody who is logged in notices.
import { existsSync } from 'node:fs';
import { ConfigError, readDatabaseLocation } from '../src/config.ts';
import type { DatabaseLocation } from '../src/database/connect.ts';
import { CopyError, copyDatabase, type Progress } from '../src/database/copy.ts';
import {
  countOf,
  expectNoPositionals,
  expectThere,
  Fault,
  main,
  UsageError,
  type Values,
  withDatabase,
  withoutPasswords,
} from './operator.ts';

const HELP = `npm run copy -- --from sqlite:PATH --to postgres://USER@HOST:PORT/NAME

Copies a service with its live sessions from one database to another, from either engine to either:
users, sessions, spent tokens, todos, idempotency keys, counters, audit events and the service's own
secrets. Stop the service first: if it writes meanwhile, the copy is refused.

The copy is one transaction: if it is cut off, or the databases differ at its end in the numbers of
their rows or the sums of a column, nothing has been copied.

  --from      the service as it is; or the environment variable COPY_FROM
  --to        where it moves to, an empty database; or DATABASE_URL

Everybody on the machine can read a command's arguments: leave the password out of them, and give it
in the environment (in the two variables, or PGPASSWORD) or in ~/.pgpass.`;

const options = { from: { type: 'string' }, to: { type: 'string' } } as const;

await main(HELP, options, async (values, positionals) => {
  expectNoPositionals(positionals);
  const from = locationOf(values, 'from', process.env['COPY_FROM']);
  const to = locationOf(values, 'to', process.env['DATABASE_URL']);
  expectThere(from);
  if (to.engine === 'sqlite' && to.path === ':memory:') throw new UsageError('--to must be a file');
  console.log(`From ${nameOf(from)}\nTo   ${nameOf(to)}`);
  const count = await withDatabase(from, (source) =>
    withDatabase(to, (target) => copyDatabase(source, target, progressReporter())),
  ).catch(explain);
  const rows = countOf(count, 'row');
  console.log(`Complete: ${rows}, and both databases have the same.\n\n${whatIsNext(from, to)}`);
});

function locationOf(values: Values, name: 'from' | 'to', otherwise: string | undefined) {
  const url = values[name] ?? otherwise;
  if (typeof url !== 'string' || url === '') throw new UsageError(`--${name} is missing`);
  try {
    return readDatabaseLocation({ ...process.env, DATABASE_URL: url });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new UsageError(error.message.replaceAll('DATABASE_URL', `--${name}`));
  }
}

/** Without a password, wherever in the URL it stands. */
function nameOf(location: DatabaseLocation): string {
  if (location.engine === 'sqlite') return `sqlite:${location.path}`;
  return withoutPasswords(location.url).replace(/[?#].*/, '');
}

/** Prints how far each table is: at its first rows, at its last, and once a second in between. */
function progressReporter(): (progress: Progress) => void {
  let last = { table: '', at: 0 };
  return ({ table, done, total }) => {
    const now = performance.now();
    if (table === last.table && done < total && now - last.at < 1000) return;
    last = { table, at: now };
    console.log(`copying ${table}: ${countOf(done, 'row')} of ${total.toLocaleString('en')}`);
  };
}

function explain(error: unknown): never {
  throw error instanceof CopyError ? new Fault(error.message) : error;
}

/** What the service needs to take the sessions for its own, without saying the secret. */
function whatIsNext(from: DatabaseLocation, to: DatabaseLocation): string {
  const file = from.engine === 'sqlite' ? `${from.path}.secret` : '';
  const madeItsOwn = existsSync(file)
    ? `\nIf neither was set, it made one of its own: JWT_SECRET is what stands in ${file}.`
    : '';
  return `Start the service with DATABASE_URL=${nameOf(to)}, and with the JWT_SECRET or
JWT_KEYS that it had: with another one it refuses the access tokens that are out.${madeItsOwn}`;
}
