import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { readDatabaseLocation } from '../../src/config.ts';
import { connect, type Db } from '../../src/database/connect.ts';
import { isOutage } from '../../src/database/errors.ts';
import { freshDatabase } from '../support/database.ts';

/** What the server runs for others than the connection that asks. */
async function otherStatements(db: Db): Promise<string[]> {
  const { rows } = await sql<{ query: string }>`
    select query from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`.execute(db);
  return rows.map(({ query }) => query);
}

async function openWithTimeout(url: string, queryTimeoutMs: number) {
  const location = readDatabaseLocation({ DATABASE_URL: url });
  if (location.engine !== 'postgres') throw new Error('these tests are about PostgreSQL');
  const db = connect({ ...location, queryTimeoutMs });
  return { db, [Symbol.asyncDispose]: () => db.destroy() };
}

test('a statement above its timeout is ended by PostgreSQL and answered with 503', async () => {
  await using database = await freshDatabase();
  await using limited = await openWithTimeout(database.url, 200);
  await using watching = await openWithTimeout(database.url, 0);
  const endless = sql`select pg_sleep(600)`.execute(limited.db);
  const failure: unknown = await endless.catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: '57014' });
  expect(isOutage(failure)).toBe(true);
  expect(await otherStatements(watching.db)).toEqual([]);
});

test('statement_timeout and idle_in_transaction_session_timeout are 10 s by default', async () => {
  await using database = await freshDatabase();
  const db = database.connect();
  const show = async (name: string) =>
    (await sql<Record<string, string>>`show ${sql.raw(name)}`.execute(db)).rows[0]?.[name];
  expect(await show('statement_timeout')).toBe('10s');
  expect(await show('idle_in_transaction_session_timeout')).toBe('10s');
  await db.destroy();
  await using unlimited = await openWithTimeout(database.url, 0); // the operator's commands
  const { rows } = await sql`show statement_timeout`.execute(unlimited.db);
  expect(rows).toEqual([{ statement_timeout: '0' }]);
});

/** Refuses a connection that brings a timeout along, as PgBouncer does, and passes on all others. */
async function startBouncer(url: string) {
  const target = new URL(url);
  const message = 'SFATAL\0C08P01\0Munsupported startup parameter: statement_timeout\0\0';
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + message.length);
  const refusal = Buffer.concat([Buffer.from('E'), length, Buffer.from(message)]);
  let refused = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client.on('error', () => undefined));
    client.once('data', (startup) => {
      if (startup.includes('statement_timeout')) {
        refused += 1;
        return void client.end(refusal);
      }
      const upstream = connectSocket(Number(target.port), target.hostname);
      sockets.add(upstream.on('error', () => undefined));
      upstream.write(startup);
      client.pipe(upstream).pipe(client);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('a server has a port');
  const bouncerUrl = new URL(url);
  bouncerUrl.port = String(address.port);
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { url: bouncerUrl.href, refused: () => refused, [Symbol.asyncDispose]: close };
}

test('behind a PgBouncer that rejects timeouts the service connects without them', async () => {
  await using database = await freshDatabase();
  await using bouncer = await startBouncer(database.url);
  await using limited = await openWithTimeout(bouncer.url, 5000);
  const ask = () => sql<{ one: number }>`select 1 as one`.execute(limited.db);
  const answers = await Promise.all(Array.from({ length: 5 }, ask));
  expect(answers.map(({ rows }) => rows[0]?.one)).toEqual([1, 1, 1, 1, 1]);
  const before = bouncer.refused();
  await ask();
  expect(bouncer.refused()).toBe(before);
});
