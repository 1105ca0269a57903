import { sql } from 'kysely';
import type { Db } from './connect.ts';
import { TABLES, type Table } from './schema.ts';

/** A row of any table, by column. */
export type Row = Record<string, string | number | null>;

/** How many rows are in memory at a time; they take a few megabytes. */
const BATCH_ROWS = 500;

/**
 * Reads the rows of a table in batches.
 * @param options whose rows: by default, all; in which order: by default, that of the primary key
 */
export async function* readRows(
  db: Db,
  table: Table,
  options: { userId?: string; order?: readonly string[] | undefined } = {},
): AsyncGenerator<Row[]> {
  const { userId, order = TABLES[table].primaryKey } = options;
  const key = joinColumns(order);
  const owner = userId === undefined ? [] : [sql`user_id = ${userId}`];
  for (let last: Row | undefined; ; ) {
    const conditions = last ? [...owner, sql`(${key}) > (${joinValues(last, order)})`] : owner;
    const where = conditions.length > 0 ? sql`where ${sql.join(conditions, sql` and `)}` : sql``;
    const { rows } = await sql<Row>`
      select * from ${sql.table(table)} ${where} order by ${key} limit ${BATCH_ROWS}`.execute(db);
    if (rows.length > 0) yield rows;
    if (rows.length < BATCH_ROWS) return;
    last = rows.at(-1);
  }
}

export async function insertRows(db: Db, table: Table, rows: Row[]): Promise<void> {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => sql`(${joinValues(row, names)})`);
  await sql`
    insert into ${sql.table(table)} (${joinColumns(names)}) values ${sql.join(lines)}`.execute(db);
}

/** The number of rows, and for each column the sum of its numbers or of the lengths of its texts. */
export type TableTotals = { count: number } & Record<string, number>;

/** Numbers are added modulo this, so that no sum needs more than 64 bits. */
const SUM_MODULUS = 1_000_003;

/** Computes the totals of a table in the database. */
export async function sumColumns(db: Db, table: Table): Promise<TableTotals> {
  const tables = await db.introspection.getTables();
  const columns = tables.find(({ name }) => name === table)?.columns ?? [];
  const sums = columns.map(({ name, dataType }) => {
    const column = sql.ref(name);
    const size = /int/i.test(dataType)
      ? sql`${column} % ${sql.lit(SUM_MODULUS)}`
      : sql`length(${column})`;
    return sql`cast(coalesce(sum(${size}), 0) as bigint) as ${sql.ref(`sum of ${name}`)}`;
  });
  const { rows } = await sql<TableTotals>`
    select count(*) as count, ${sql.join(sums)} from ${sql.table(table)}`.execute(db);
  return rows[0] ?? { count: 0 };
}

function joinColumns(names: readonly string[]) {
  return sql.join(names.map((name) => sql.ref(name)));
}

function joinValues(row: Row, names: readonly string[]) {
  return sql.join(names.map((name) => row[name]));
}
