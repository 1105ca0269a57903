// The databases of the servers. The service migrates a template and the bench fills it; then every
// contender gets a copy.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import { startPostgres } from '../../test/postgres/server.ts';
import { createCommand } from './contenders.ts';
import type { Rows } from './rows.ts';
import { startServer } from './server-process.ts';

export const ENGINES = ['sqlite', 'postgres'] as const;
export type Engine = (typeof ENGINES)[number];

export interface Databases extends AsyncDisposable {
  /** The service makes the tables; then the rows are inserted and the SQL is run. */
  createTemplate(rows: Rows, extraSql?: readonly string[]): Promise<Template>;
}

export interface Template {
  /** @returns the URL of a new copy */
  copy(): Promise<string>;
}

export function openDatabases(engine: Engine): Promise<Databases> | Databases {
  return engine === 'sqlite' ? openSqliteDatabases() : openPostgresDatabases();
}

async function migrate(databaseUrl: string): Promise<void> {
  await using _server = await startServer(createCommand('service', databaseUrl, 'error'));
}

function openSqliteDatabases(): Databases {
  const folder = mkdtempSync(join(tmpdir(), 'todos-bench-'));
  let fileCount = 0;
  const newFile = () => {
    fileCount += 1;
    return join(folder, `${fileCount}.sqlite`);
  };
  return {
    async createTemplate(rows, extraSql = []) {
      const template = newFile();
      await migrate(`sqlite:${template}`);
      fillSqlite(template, rows, extraSql);
      return {
        async copy() {
          const file = newFile();
          copyFileSync(template, file);
          return `sqlite:${file}`;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The template needs no durability while it is filled. Each contender sets its own pragmas later. */
const FAST_FILL = ['journal_mode = MEMORY', 'synchronous = OFF', 'cache_size = -500000'];

function fillSqlite(file: string, rows: Rows, extraSql: readonly string[]): void {
  const sqlite = new BetterSqlite3(file);
  for (const pragma of FAST_FILL) sqlite.pragma(pragma);
  sqlite.transaction(() => {
    for (const [table, list] of Object.entries(rows)) {
      const columns = Object.keys(list[0] ?? {});
      const values = columns.map((column) => `@${column}`);
      const insert = sqlite.prepare(`insert into ${table} (${columns}) values (${values})`);
      for (const row of list) insert.run(row);
    }
    for (const sql of extraSql) sqlite.exec(sql);
  })();
  sqlite.close();
}

async function openPostgresDatabases(): Promise<Databases> {
  const server = await startPostgres({ isDurable: true });
  let databaseCount = 0;
  const create = async (template = 'template1') => {
    databaseCount += 1;
    const name = `bench_${databaseCount}`;
    await withClient(server.url, (client) =>
      client.query(`create database ${name} template ${template}`),
    );
    const url = new URL(server.url);
    url.pathname = name;
    return { name, url: url.href };
  };
  return {
    async createTemplate(rows, extraSql = []) {
      const template = await create();
      await migrate(template.url);
      await withClient(template.url, (client) => fillPostgres(client, rows, extraSql));
      return { copy: async () => (await create(template.name)).url };
    },
    [Symbol.asyncDispose]: server.stop,
  };
}

async function fillPostgres(client: pg.Client, rows: Rows, extraSql: readonly string[]) {
  for (const [table, list] of Object.entries(rows)) {
    const columns = Object.keys(list[0] ?? {}); // the others get their defaults
    await client.query(
      `insert into ${table} (${columns})
         select ${columns} from json_populate_recordset(null::${table}, $1)`,
      [JSON.stringify(list)],
    );
  }
  await client.query('set session_replication_role = replica'); // checks no foreign keys
  for (const sql of extraSql) await client.query(sql);
  await client.query('vacuum analyze');
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
