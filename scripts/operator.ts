// What the operator's commands share: the database that the service uses, and one of its users.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findUserByName } from '../src/auth/users.ts';
import { ConfigError, readDatabaseLocation } from '../src/config.ts';
import { connect, type Db } from '../src/database/connect.ts';

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** Runs a command about the user that `--user` names; says what is wrong in one line. */
export async function command(
  help: string,
  options: Options,
  work: (
    db: Db,
    user: { id: string; username: string },
    values: Record<string, unknown>,
  ) => Promise<void>,
): Promise<void> {
  try {
    const shared = { user: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
    const values: Record<string, unknown> = parseArgs({
      options: { ...options, ...shared },
    }).values;
    if (values['help']) return console.log(help);
    if (typeof values['user'] !== 'string') throw new Fault(help);
    await withUser(values['user'], (db, user) => work(db, user, values));
  } catch (error) {
    const isKnown = error instanceof Fault || error instanceof ConfigError || isUsage(error);
    console.error(isKnown ? error.message : error);
    process.exitCode = 1;
  }
}

/** What is wrong, for a person: printed as one line. */
export class Fault extends Error {}

function isUsage(error: unknown): error is Error {
  return (
    error instanceof TypeError && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code))
  );
}

async function withUser(
  name: string,
  work: (db: Db, user: { id: string; username: string }) => Promise<void>,
): Promise<void> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const location = readDatabaseLocation(process.env);
  if (location.engine === 'sqlite' && !existsSync(location.path)) {
    throw new Fault(`there is no database at ${location.path}`);
  }
  const db = connect(location);
  try {
    const user = await findUserByName(db, name);
    if (!user) throw new Fault(`there is no user ${name}`);
    await work(db, user);
  } finally {
    await db.destroy();
  }
}

/** Rows as columns that line up. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [head, ...rows].map(line).join('\n');
}

/** An instant for a person: UTC, to the second. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ');
}
