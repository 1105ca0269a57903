import BetterSqlite3 from 'better-sqlite3';
import type { Dialect, InsertObject, LogEvent } from 'kysely';
import pg from 'pg';
import { readDatabaseLocation } from '../../src/config.ts';
import { connect, type Db } from '../../src/database/connect.ts';
import { openPostgres } from '../../src/database/postgres.ts';
import type { Database } from '../../src/database/schema.ts';
import { TransactionalSqliteDialect } from '../../src/database/sqlite.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SERVER = process.env['TEST_POSTGRES_URL'];

/** The engine that this run of the tests is on. */
export const ENGINE = SERVER === undefined ? 'sqlite' : 'postgres';

/** What can go wrong with a statement, in the engine's own codes. */
export const FAULTS =
  ENGINE === 'sqlite'
    ? {
        bug: 'SQLITE_ERROR',
        outages: ['SQLITE_IOERR', 'SQLITE_CORRUPT', 'SQLITE_FULL'] as const,
        contention: 'SQLITE_BUSY',
      }
    : {
        bug: '42601',
        outages: ['58030', '53300', '25006', '57P03'] as const,
        contention: '40001',
      };

/** What the engine's driver throws. */
export function databaseError(code: string, message: string): Error {
  if (ENGINE === 'sqlite') return new BetterSqlite3.SqliteError(message, code);
  return Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code });
}

/** What every statement of the engine's driver goes through. */
export function driverMethods() {
  if (ENGINE === 'postgres') return { target: pg.Client.prototype, names: ['query'] as const };
  const statement: BetterSqlite3.Statement = new BetterSqlite3(':memory:').prepare('select 1');
  return { target: Object.getPrototypeOf(statement), names: ['all', 'run', 'iterate'] as const };
}

/**
 * The engine as the service opens it, but for SQLite's care (nothing here outlives the machine) and
 * patience (it would wait for another connection inside the one thread of the test).
 */
export function openCarelessly(url: string): Dialect {
  const location = readDatabaseLocation({ DATABASE_URL: url });
  if (location.engine === 'postgres') return openPostgres(location).dialect;
  const database = new BetterSqlite3(location.path, { timeout: 0 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = OFF');
  database.pragma('foreign_keys = ON');
  return new TransactionalSqliteDialect({ database });
}

/** An empty database that several processes can share; it goes when it is disposed of. */
export interface TestDatabase extends AsyncDisposable {
  /** Its `DATABASE_URL`. */
  url: string;
  connect(onQuery?: (event: LogEvent) => void): Db;
}

export async function freshDatabase(): Promise<TestDatabase> {
  return SERVER === undefined ? freshFile() : freshDatabaseOf(SERVER);
}

/** The same on SQLite, whatever engine this run is on. */
export function freshFile(): TestDatabase {
  const folder = temporaryFolder();
  return handle(`sqlite:${folder.file('todos.sqlite')}`, async () => folder[Symbol.dispose]());
}

async function freshDatabaseOf(server: string): Promise<TestDatabase> {
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`;
  await administer(server, `create database ${name}`);
  const url = new URL(process.env['TEST_PGBOUNCER_URL'] ?? server);
  url.pathname = name;
  return handle(url.href, () => administer(server, `drop database ${name} with (force)`));
}

function handle(url: string, dispose: () => Promise<void>): TestDatabase {
  return {
    url,
    connect: (onQuery) => connect(readDatabaseLocation({ DATABASE_URL: url }), onQuery),
    [Symbol.asyncDispose]: dispose,
  };
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** Inserts many rows, as no requests could in the time of a test. */
export async function insertRows<Table extends keyof Database>(
  db: Db,
  table: Table,
  count: number,
  rowOf: (n: number) => InsertObject<Database, Table>,
): Promise<void> {
  for (let first = 0; first < count; first += 500) {
    const size = Math.min(500, count - first);
    const rows = Array.from({ length: size }, (_, n) => rowOf(first + n));
    await db.insertInto(table).values(rows).execute();
  }
}
