// What the operator's commands share: options, errors in a line, the database that the service uses.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { v7 as uuid } from 'uuid';
import type { AuditEvent, AuditEventName } from '../src/auth/audit.ts';
import { findUserByName } from '../src/auth/users.ts';
import { isUsageError } from '../src/command-line.ts';
import { ConfigError, readDatabaseLocation } from '../src/config.ts';
import { connect, type DatabaseLocation, type Db } from '../src/database/connect.ts';
import { isOutage } from '../src/database/errors.ts';
import { explainDatabaseError } from '../src/database/explain.ts';
import { MigrationError } from '../src/database/migrate.ts';
import { findMisspeltVariables, loadEnvFile } from '../src/environment.ts';
import { escapeUnsafe, escapeUnsafeLines } from '../src/printable.ts';

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** What the options say; which of them there are is parseArgs' business. */
export type Values = Record<string, unknown>;

/** What is wrong, for a person: printed as one line. The command ends with 1. */
export class Fault extends Error {}

/** The command line is wrong: its usage is printed too, and the command ends with 2. */
export class UsageError extends Fault {}

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
    const isUsage = error instanceof UsageError || isUsageError(error);
    const message = explain(error) ?? (isUsage ? error.message : undefined);
    console.error(message === undefined ? error : escapeUnsafeLines(withoutPasswords(message)));
    if (isUsage) console.error(`\nUsage: ${help.split('\n', 1)}\n--help says more.`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

function explain(error: unknown): string | undefined {
  const isKnown = [Fault, ConfigError, MigrationError].some((kind) => error instanceof kind);
  if (error instanceof Error && isKnown) return error.message;
  const sentence = explainDatabaseError(error);
  if (sentence !== undefined) return sentence;
  return error instanceof Error && isOutage(error) ? error.message : undefined;
}

/** @throws UsageError where there are arguments that are no options */
export function expectNoPositionals(positionals: string[]): void {
  if (positionals.length > 0) throw new UsageError(`Unexpected argument '${positionals[0]}'`);
}

/** @throws UsageError where a number is no whole one from 1 on */
export function readCount(name: string, value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!/^[1-9]\d{0,6}$/.test(String(value))) {
    throw new UsageError(`--${name} must be a number from 1`);
  }
  return Number(value);
}

/** `1 row`, `2 rows`. */
export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** What stands between a URL's user and its host is nobody's to read, however it is spelt. */
export function withoutPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^\s:/@]*):\S*@/g, '$1:…@');
}

/** The user that a command is about. */
export interface User {
  id: string;
  username: string;
}

/** Runs a command about the user that `--user` names. */
export async function command(
  help: string,
  options: Options,
  work: (db: Db, user: User, values: Values) => Promise<void>,
): Promise<void> {
  await main(help, { ...options, user: { type: 'string' } }, async (values, positionals) => {
    const { user: name } = values;
    expectNoPositionals(positionals);
    if (typeof name !== 'string') throw new UsageError('--user NAME is missing');
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

/** Rows as columns that line up; what users sent cannot change the terminal. */
export function table(head: string[], cells: string[][]): string {
  const rows = cells.map((row) => row.map(escapeUnsafe));
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
