// Promise: a service moves to another database, and nobody who is logged in notices.
import { existsSync } from 'node:fs';
import { ConfigError, readDatabaseLocation } from '../src/config.ts';
import type { DatabaseLocation } from '../src/database/connect.ts';
import { CopyError, copyDatabase, type Progress } from '../src/database/copy.ts';
import {
  expectThere,
  Fault,
  main,
  type Values,
  withDatabase,
  withoutPasswords,
} from './operator.ts';

const HELP = `npm run copy -- --from sqlite:PATH --to postgres://USER@HOST:PORT/NAME [--replace]

Copies a service with its live sessions from one database to another, from either engine to either:
users, sessions, spent tokens, todos, idempotency keys, counters, audit events and the service's own
secrets. Stop the service first: what it writes meanwhile is not in the copy, which is then refused.

At the end it compares the numbers and checksums of all rows, as both databases have them then, and
ends with 0 if they agree. A copy that was cut off goes on when the same command is run again; until
it is complete, no service starts on the target.

  --from      the service as it is; or the environment variable COPY_FROM
  --to        where it moves to, an empty database; or DATABASE_URL
  --replace   gives up what the target has, instead of refusing a target that is not empty

Everybody on the machine can read a command's arguments: leave the password out of them, and give it
in the environment (in the two variables, or PGPASSWORD) or in ~/.pgpass.`;

const options = {
  from: { type: 'string' },
  to: { type: 'string' },
  replace: { type: 'boolean' },
} as const;

await main(HELP, options, async (values, positionals) => {
  const from = locationOf(values, 'from', process.env['COPY_FROM']);
  const to = locationOf(values, 'to', process.env['DATABASE_URL']);
  if (!from || !to || positionals.length > 0) throw new Fault(HELP);
  expectThere(from);
  if (to.engine === 'sqlite' && to.path === ':memory:') throw new Fault('--to has to be a file');
  console.log(`From ${nameOf(from)}\nTo   ${nameOf(to)}`);
  const copying = { replace: values['replace'] === true, onProgress: reporter() };
  const count = await withDatabase(from, (source) =>
    withDatabase(to, (target) => copyDatabase(source, target, copying)),
  ).catch(explain);
  console.log(
    `Complete: ${rows(count)}, and both databases have the same.\n\n${whatIsNext(from, to)}`,
  );
});

function locationOf(values: Values, name: 'from' | 'to', otherwise: string | undefined) {
  const url = values[name] ?? otherwise;
  if (typeof url !== 'string') return undefined;
  try {
    return readDatabaseLocation({ ...process.env, DATABASE_URL: url });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Fault(`--${name} must be sqlite:PATH or postgres://USER@HOST:PORT/NAME`);
  }
}

/** Without a password, wherever in the URL it stands. */
function nameOf(location: DatabaseLocation): string {
  if (location.engine === 'sqlite') return `sqlite:${location.path}`;
  return withoutPasswords(location.url).replace(/[?#].*/, '');
}

/** Prints how far each table is: at its first rows, at its last, and once a second in between. */
function reporter(): (progress: Progress) => void {
  let last = { step: '', table: '', at: 0 };
  return ({ step, table, done, total, written }) => {
    const isFirst = step !== last.step || table !== last.table;
    const now = performance.now();
    if (!isFirst && done < total && now - last.at < 1000) return;
    last = { step, table, at: now };
    const there =
      step === 'copying' && written < done ? `, ${rows(done - written)} there already` : '';
    const what = step === 'copying' ? step : `checking the ${step}’s`;
    console.log(`${what} ${table}: ${rows(done)} of ${total.toLocaleString('en')}${there}`);
  };
}

function rows(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'row' : 'rows'}`;
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
