import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';
import type { Db } from './connect.ts';
import type { Database } from './schema.ts';

export type Table = keyof Database;

/** A row of any table, its columns as the tables have them. */
export type Row = Record<string, string | number | null>;

/**
 * The primary key of every table, in an order in which each row finds those that it refers to. The
 * secrets come first: they say whose the rest is.
 */
const KEYS: { [Name in Table]: readonly (string & keyof Database[Name])[] } = {
  secrets: ['name'],
  users: ['id'],
  sessions: ['id'],
  spent_refresh_tokens: ['token_hash'],
  todos: ['id'],
  idempotency_keys: ['user_id', 'key_hash'],
  rate_limits: ['key'],
  audit_events: ['id'],
};

// Object.keys does not know that there are no others.
export const TABLES = Object.keys(KEYS) as Table[];

/** How many rows are in memory at a time: a few megabytes. */
const BATCH = 500;

export async function countRows(db: Db, table: Table): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** All rows, batch by batch, in the order of their keys, which each engine has its own way of. */
export async function* readRows(db: Db, table: Table): AsyncGenerator<Row[]> {
  const key = columns(KEYS[table]);
  for (let last: Row | undefined; ; ) {
    const beyond: RawBuilder<unknown> = last
      ? sql`where (${key}) > (${values(last, KEYS[table])})`
      : sql``;
    const { rows } = await sql<Row>`
      select * from ${sql.table(table)} ${beyond} order by ${key} limit ${BATCH}`.execute(db);
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH) return;
    last = rows.at(-1);
  }
}

/**
 * Puts these rows in the place of those with the same keys.
 * @returns how many were not there just so before
 */
export async function writeRows(db: Db, table: Table, rows: Row[]): Promise<number> {
  const names = Object.keys(rows[0] ?? {});
  const others = names.filter((name) => !(KEYS[table] as readonly string[]).includes(name));
  const lines = rows.map((row) => sql`(${values(row, names)})`);
  const own = (name: string) => sql.ref(`${table}.${name}`);
  const given = (name: string) => sql.ref(`excluded.${name}`);
  const changes = others.map((name) => sql`${sql.ref(name)} = ${given(name)}`);
  const isChanged = others.map((name) => sql`${own(name)} is distinct from ${given(name)}`);
  const { numAffectedRows } = await sql`
    insert into ${sql.table(table)} (${columns(names)}) values ${sql.join(lines)}
    on conflict (${columns(KEYS[table])}) do update
    set ${sql.join(changes)} where ${sql.join(isChanged, sql` or `)}`.execute(db);
  return Number(numAffectedRows);
}

/** Those of the rows whose keys the database does not have. */
export async function missingRows(db: Db, table: Table, rows: Row[]): Promise<Row[]> {
  const names = KEYS[table];
  const found = await sql<Row>`
    select ${columns(names)} from ${sql.table(table)} where ${isOneOf(table, rows)}`.execute(db);
  const textOf = (row: Row) => JSON.stringify(keyOf(table, row));
  const present = new Set(found.rows.map(textOf));
  return rows.filter((row) => !present.has(textOf(row)));
}

export async function deleteRows(db: Db, table: Table, rows: Row[]): Promise<void> {
  await sql`delete from ${sql.table(table)} where ${isOneOf(table, rows)}`.execute(db);
}

/** What tells a row from all others of its table. */
export function keyOf(table: Table, row: Row): Row[string][] {
  return KEYS[table].map((name) => row[name] ?? null);
}

function isOneOf(table: Table, rows: Row[]) {
  const lines = rows.map((row) => sql`(${values(row, KEYS[table])})`);
  return sql`(${columns(KEYS[table])}) in (values ${sql.join(lines)})`;
}

function columns(names: readonly string[]) {
  return sql.join(names.map((name) => sql.ref(name)));
}

function values(row: Row, names: readonly string[]) {
  return sql.join(names.map((name) => row[name]));
}

/**
 * What rows come to: how many there are, and the sum of their SHA-256s, which tells whether two
 * databases have the same ones in whatever order each of them reads its own.
 */
export class Checksum {
  count = 0;
  #sum = 0n;

  add(rows: Row[]): void {
    this.count += rows.length;
    for (const row of rows) this.#sum = BigInt.asUintN(256, this.#sum + digest(row));
  }

  equals(other: Checksum): boolean {
    return this.count === other.count && this.#sum === other.#sum;
  }
}

function digest(row: Row): bigint {
  const text = JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
  return BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
}
