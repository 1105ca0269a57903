import { expect, test } from 'vitest';
import { purgeExpired } from '../../src/database/retention.ts';
import { startService } from '../support/service.ts';
import { signedInClient } from '../support/users.ts';
import { statements } from './hold-sql.ts';
import { unportable } from './portable-sql.ts';

test.each([
  'select pg_advisory_xact_lock(1)',
  'select pg_try_advisory_lock($1)',
  'create table t (id serial primary key)',
  'create table t (id bigint generated always as identity)',
  "select nextval('s')",
  'set statement_timeout = 1000',
  "select set_config('a.b', 'c', true)",
  "select current_setting('a.b')",
  'set transaction isolation level serializable',
  'show transaction_isolation',
  'lock table users',
  'listen sessions',
  'notify sessions',
  'savepoint a',
  'rollback to savepoint a',
  "prepare transaction 'a'",
  'declare c cursor for select 1',
  'create temporary table t (id text)',
  'create unlogged table t (id text)',
  'create table t (id text unique deferrable)',
  'create table t (id text, exclude using gist (id with =))',
  'create index on todos using gin (search_text)',
  'create index concurrently on todos (title)',
  'create trigger t before insert on users execute function f()',
  'do $$ begin end $$',
  'select now()',
  'select $1::jsonb',
  'select * from users for update skip locked',
  'truncate users',
  'select 1; select 2',
])('the check of portable SQL rejects %s', (sql) => {
  expect(unportable(sql)).not.toEqual([]);
});

test('the check of portable SQL sees the statements of migrations, requests and the retention job', async () => {
  const sizes: number[] = [];
  const recordSize = () => sizes.push(statements.size);
  statements.clear(); // of what the files before this one have sent
  await using service = await startService();
  recordSize();
  const client = await signedInClient(service);
  await client.POST('/todos', { body: { title: 'x' } });
  await client.logout();
  recordSize();
  await purgeExpired(service.db, service.clock.now());
  recordSize();
  const [ofMigrations = 0, andRequests = 0, andRetention = 0] = sizes;
  expect(ofMigrations).toBeGreaterThan(10);
  expect(andRequests).toBeGreaterThan(ofMigrations);
  expect(andRetention).toBeGreaterThan(andRequests);
});

test('the check of portable SQL ignores statements of the tests', async () => {
  await using service = await startService();
  await service.db.selectFrom('users').select('password_hash as own').execute();
  expect([...statements.keys()].filter((sql) => sql.includes('"own"'))).toEqual([]);
});
