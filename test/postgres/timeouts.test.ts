import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readDatabaseLocation } from '../../src/config.ts';
import { connect, type Db } from '../../src/database/connect.ts';
import { isOutage } from '../../src/database/errors.ts';
import { freshDatabase } from '../support/database.ts';
import { startProxy } from './proxy.ts';

/** What the server runs for others than the connection that asks. */
async function otherStatements(db: Db): Promise<string[]> {
  const { rows } = await sql<{ query: string }>`
    select query from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`.execute(db);
  return rows.map(({ query }) => query);
}

function openWithTimeout(url: string, queryTimeoutMs: number) {
  const location = readDatabaseLocation({ DATABASE_URL: url });
  if (location.engine !== 'postgres') throw new Error('these tests are about PostgreSQL');
  return connect({ ...location, queryTimeoutMs });
}

test('a statement above its timeout is ended by PostgreSQL and answered with 503', async () => {
  await using database = await freshDatabase();
  await using limited = openWithTimeout(database.url, 200);
  await using watching = openWithTimeout(database.url, 0);
  const endless = sql`select pg_sleep(600)`.execute(limited);
  const failure: unknown = await endless.catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: '57014' });
  expect(isOutage(failure)).toBe(true);
  expect(await otherStatements(watching)).toEqual([]);
});

test('statement_timeout and idle_in_transaction_session_timeout are 10 s by default', async () => {
  await using database = await freshDatabase();
  await using db = database.connect();
  const show = async (name: string) =>
    (await sql<Record<string, string>>`show ${sql.raw(name)}`.execute(db)).rows[0]?.[name];
  expect(await show('statement_timeout')).toBe('10s');
  expect(await show('idle_in_transaction_session_timeout')).toBe('10s');
  await using unlimited = openWithTimeout(database.url, 0); // the operator's commands
  const { rows } = await sql`show statement_timeout`.execute(unlimited);
  expect(rows).toEqual([{ statement_timeout: '0' }]);
});

/** The error message with which PgBouncer answers a connection that brings a timeout along. */
function createRefusal(): Buffer {
  const message = 'SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0';
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + message.length);
  return Buffer.concat([Buffer.from('E'), length, Buffer.from(message)]);
}

test('behind a PgBouncer that rejects timeouts the service connects without them', async () => {
  await using database = await freshDatabase();
  let refused = 0;
  await using bouncer = await startProxy(database.url, {
    findRefusal(startup) {
      if (!startup.includes('statement_timeout')) return undefined;
      refused += 1;
      return createRefusal();
    },
  });
  await using db = openWithTimeout(bouncer.url, 5000);
  const ask = () => sql<{ one: number }>`select 1 as one`.execute(db);
  const answers = await Promise.all(Array.from({ length: 5 }, ask));
  expect(answers.map(({ rows }) => rows[0]?.one)).toEqual([1, 1, 1, 1, 1]);
  expect(refused).toBeGreaterThan(0);
  const before = refused;
  await ask();
  expect(refused).toBe(before);
});
