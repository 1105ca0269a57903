// What the operator's commands share: options, errors in a line, the database that the service uses.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import { v7 as uuid } from 'uuid';
import type { AuditEvent, AuditEventName } from '../src/auth/audit.ts';
import { findUserByName } from '../src/auth/users.ts';
import { ConfigError, readDatabaseLocation } from '../src/config.ts';
import { connect, type DatabaseLocation, type Db } from '../src/database/connect.ts';
import { isOutage } from '../src/database/errors.ts';
import { MigrationError } from '../src/database/migrate.ts';
import { findMisspeltVariables, loadEnvFile } from '../src/environment.ts';

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** What the options say; which of them there are is parseArgs' business. */
export type Values = Record<string, unknown>;

/** What is wrong, for a person: printed as one line. */
export class Fault extends Error {}

/** Runs a command; says what is wrong in one line. */
export async function main(
  help: string,
  options: Options,
  work: (values: Values, positionals: string[]) => Promise<void>,
): Promise<void> {
  process.umask(0o077); // what is written is nobody else's to read
  try {
    const { values, positionals } = parseArgs({
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    if (values['help']) return console.log(help);
    loadEnvFile(process.env);
    for (const warning of findMisspeltVariables(process.env)) console.error(warning);
    await work(values, positionals);
  } catch (error) {
    console.error(isKnown(error) ? withoutPasswords(error.message) : error);
    process.exitCode = 1;
  }
}

function isKnown(error: unknown): error is Error {
  const isOurs = [Fault, ConfigError, MigrationError].some((kind) => error instanceof kind);
  const isDatabase =
    error instanceof pg.DatabaseError || error instanceof BetterSqlite3.SqliteError;
  return isOurs || isDatabase || isOutage(error) || isUsage(error);
}

function isUsage(error: unknown): error is Error {
  return (
    error instanceof TypeError && 'code' in error && /^ERR_PARSE_ARGS/.test(String(error.code))
  );
}

/** What stands between a URL's user and its host is nobody's to read, however it is spelt. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^\s:/@]*):\S*@/g, '$1:…@');
}

/** Runs a command about the user that `--user` names. */
export async function command(
  help: string,
  options: Options,
  work: (db: Db, user: { id: string; username: string }, values: Values) => Promise<void>,
): Promise<void> {
  await main(help, { ...options, user: { type: 'string' } }, async (values, positionals) => {
    const { user: name } = values;
    if (typeof name !== 'string' || positionals.length > 0) throw new Fault(help);
    const location = readDatabaseLocation(process.env);
    expectThere(location);
    await withDatabase(location, async (db) => {
      const user = await findUserByName(db, name);
      if (!user) throw new Fault(`there is no user ${name}`);
      await work(db, user, values);
    });
  });
}

/** @throws Fault where opening the database would make an empty one */
export function expectThere(location: DatabaseLocation): void {
  if (location.engine === 'sqlite' && !existsSync(location.path)) {
    throw new Fault(`there is no database at ${location.path}`);
  }
}

/** Opens the database for the work. A statement may take its time: nobody waits for its answer. */
export async function withDatabase<T>(
  location: DatabaseLocation,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const db = connect(location.engine === 'sqlite' ? location : { ...location, queryTimeout: 0 });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}

/** An event that the operator causes; all of one run have the same request id. */
export function operatorEvent(event: AuditEventName, userId: string): AuditEvent {
  const reason = event === 'session_revoked' ? 'admin' : undefined;
  return { event, reason, at: Date.now(), address: '', userId, requestId: REQUEST_ID };
}

const REQUEST_ID = `operator-${uuid()}`;

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
