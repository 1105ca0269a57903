import { copyFileSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, test } from 'vitest';
import { ENGINE, freshDatabase } from '../support/database.ts';
import { BEHIND_PROXY, call, refresh } from '../support/http.ts';
import { startService, stoppedClock } from '../support/service.ts';
import { pairOf } from '../support/users.ts';

// Databases that version 0.2.0 wrote: a SQLite file, and for PostgreSQL its statements and rows. It
// had registered a user, and signed in three times: one session was never refreshed, one was
// refreshed once, one was logged out.

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/0.2.0.${name}`, import.meta.url));

interface Written {
  writtenAt: number;
  username: string;
  password: string;
  neverRefreshed: string;
  spent: string;
  successor: string;
  loggedOut: string;
}

async function restore(url: string): Promise<void> {
  if (ENGINE === 'sqlite') return copyFileSync(fixture('sqlite'), url.replace('sqlite:', ''));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(readFileSync(fixture('postgres.sql'), 'utf8'));
  await client.end();
}

test('a database of version 0.2.0 is migrated, and its sessions live on', async () => {
  await using database = await freshDatabase();
  await restore(database.url);
  // The file is JSON of this shape (see above).
  const written = JSON.parse(readFileSync(fixture(`${ENGINE}.json`), 'utf8')) as Written;
  const clock = stoppedClock(written.writtenAt + 60_000);
  const variables = { ...BEHIND_PROXY, DATABASE_URL: database.url };
  await using service = await startService(variables, { clock });
  const { url, db } = service;

  const tables = await db.introspection.getTables();
  const sessions = tables.find(({ name }) => name === 'sessions');
  expect(sessions?.columns.map(({ name }) => name)).not.toContain('spent_stamp');

  expect((await refresh(url, written.loggedOut)).status).toBe(401);
  const { access_token: access } = pairOf(await refresh(url, written.neverRefreshed));
  const todos = await call(url, 'GET /todos', { access });
  expect(JSON.parse(todos.text)).toMatchObject([{ title: 'Written by 0.2.0' }]);

  // The retry of a refresh that 0.2.0 answered gets the successor that 0.2.0 made.
  const retry = pairOf(await refresh(url, written.spent, 'key'));
  expect(retry.refresh_token).toBe(written.successor);
  const next = pairOf(await refresh(url, written.successor));
  expect((await refresh(url, written.spent, 'key')).status).toBe(401); // reuse: it is spent twice
  expect((await refresh(url, next.refresh_token)).status).toBe(401);

  const { username, password } = written;
  pairOf(await call(url, 'POST /auth/login', { body: { username, password } }));
});
