import { readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { connect } from '../../src/database/connect.ts';
import {
  describeDataLoss,
  listMigrations,
  type MigrationPlan,
  type MigrationState,
  migrate,
  migrateTo,
  planMigrations,
} from '../../src/database/migrate.ts';
import { runScript, runTodos, TODOS } from '../support/cli.ts';
import { freshDatabase, freshFile } from '../support/database.ts';
import { startService } from '../support/service.ts';
import { DEMO } from '../support/users.ts';

const memory = () => connect({ engine: 'sqlite', path: ':memory:' });

const NAMES = readdirSync(new URL('../../src/database/migrations', import.meta.url))
  .map((file) => file.replace('.ts', ''))
  .sort();

test('a migration that fails changes nothing and can be run again', async () => {
  await using db = memory();
  await sql`create table secrets (obstacle integer)`.execute(db);
  await expect(migrate(db)).rejects.toThrow('already exists');
  await sql`drop table secrets`.execute(db);
  await migrate(db);
  expect(await db.selectFrom('users').selectAll().execute()).toEqual([]);
});

test('a new database gets its first rows once, in the transaction that creates the tables', async () => {
  await using db = memory();
  const fault = async () => {
    throw new Error('no filling');
  };
  await expect(migrate(db, fault)).rejects.toThrow('no filling');
  let fillings = 0;
  const fill = async () => {
    fillings += 1;
  };
  await migrate(db, fill);
  await migrate(db, fill);
  expect(fillings).toBe(1);
});

test('undoing a migration removes only the tables and columns that it announces', async () => {
  await using database = await freshDatabase();
  await using db = database.connect();
  const things = async () => {
    const tables = await db.introspection.getTables();
    return tables
      .flatMap(({ name, columns }) => [name, ...columns.map((it) => `${name}.${it.name}`)])
      .sort();
  };
  const names = await migrateTo(db, { direction: 'up' });
  expect(names).toEqual((await listMigrations(db)).map(({ name }) => name));
  for (const name of names.toReversed()) {
    const before = await things();
    const destroyed = (await describeDataLoss(db, [name])).map((thing) => thing.split(' ')[0]);
    expect(await migrateTo(db, { direction: 'down' })).toEqual([name]);
    const left = new Set(await things());
    const isDestroyed = (thing: string) => destroyed.some((it) => `${thing}.`.startsWith(`${it}.`));
    expect(before.filter((thing) => !left.has(thing))).toEqual(before.filter(isDestroyed));
    await migrateTo(db, { direction: 'up', to: name });
    expect(await things()).toEqual(before);
    await migrateTo(db, { direction: 'down' });
  }
  expect(await things()).toEqual([]);
  expect(await migrateTo(db, { direction: 'up' })).toEqual(names);
});

const ALL = ['--to', 'none', '--yes'];

test('four processes that migrate at once: each migration is run by one of them', async () => {
  await using database = await freshDatabase();
  const migrations = async (direction: 'up' | 'down') => {
    const runs = Array.from({ length: 4 }, () =>
      runScript([TODOS, 'migrate', direction, ...(direction === 'up' ? [] : ALL)], {
        DATABASE_URL: database.url,
      }),
    );
    return (await Promise.all(runs)).map(({ output }) => output);
  };
  for (const [direction, what] of [
    ['up', 'applied'],
    ['down', 'undone'],
  ] as const) {
    const outputs = await migrations(direction);
    const idle = outputs.filter((output) => output === 'There is nothing to do.\n');
    expect(idle).toHaveLength(3);
    for (const name of NAMES) {
      expect(outputs.filter((output) => output.includes(`${name} ${what}`))).toHaveLength(1);
    }
  }
});

const STATES = ['1', '2', '3', '4'].map((name) => state(name, name < '3'));

function state(name: string, isApplied: boolean, isKnown = true): MigrationState {
  return { name, appliedAt: isApplied ? new Date() : undefined, isKnown };
}

test.each<[MigrationPlan, string[]]>([
  [{ direction: 'up' }, ['3', '4']],
  [{ direction: 'up', steps: 1 }, ['3']],
  [{ direction: 'up', steps: 9 }, ['3', '4']],
  [{ direction: 'up', to: '3' }, ['3']],
  [{ direction: 'up', to: '2' }, []],
  [{ direction: 'down' }, ['2']],
  [{ direction: 'down', steps: 9 }, ['2', '1']],
  [{ direction: 'down', to: '1' }, ['2']],
  [{ direction: 'down', to: '2' }, []],
  [{ direction: 'down', to: '4' }, []],
  [{ direction: 'down', to: 'none' }, ['2', '1']],
])('the plan of four migrations, two of them applied: %j is %j', (plan, names) => {
  expect(planMigrations(STATES, plan)).toEqual(names);
});

test('the plan of migrations rejects an unknown name', () => {
  expect(() => planMigrations(STATES, { direction: 'up', to: '5' })).toThrow('no migration 5');
  expect(() => planMigrations(STATES, { direction: 'up', to: 'none' })).toThrow(
    'no migration none',
  );
  const newer = [...STATES, state('5', true, false)];
  expect(() => planMigrations(newer, { direction: 'up' })).toThrow(
    'a newer version has migrated it',
  );
});

test('the service does not start on a database of a newer version', async () => {
  await using database = await freshDatabase();
  await using db = database.connect();
  await migrate(db);
  const later = sql`insert into kysely_migration (name, timestamp) values ('9999_later', '2026-11-24')`;
  await later.execute(db);
  const variables = { DATABASE_URL: database.url, JWT_SECRET: 's'.repeat(32) };
  await expect(startService(variables)).rejects.toThrow('has the migration 9999_later');
  const up = await runTodos(['migrate', 'up'], variables);
  expect(up).toMatchObject({ code: 1, output: expect.stringMatching(/^The database has .*\n$/) });
  const { output } = await runTodos(['migrate', 'status'], variables);
  expect(output).toMatch(/^9999_later +2026-11-24 00:00:00 by a newer version$/m);
});

test('todos migrate up, status and down: down names what it destroys', async () => {
  await using database = await freshDatabase();
  const variables = { DATABASE_URL: database.url, JWT_SECRET: 's'.repeat(32) };
  const migrateWith = (...args: string[]) => runTodos(['migrate', ...args], variables);
  const done = NAMES.map((name) => `${name} applied\n`).join('');
  expect(await migrateWith('up')).toEqual({ code: 0, output: done });
  const [head, ...lines] = (await migrateWith('status')).output.trimEnd().split('\n');
  expect(head).toMatch(/^migration +applied$/);
  expect(lines.map((line) => line.split(' ')[0])).toEqual(NAMES);
  for (const line of lines) expect(line).toMatch(/ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  await using service = await startService(variables);
  const { error } = await service.client().POST('/auth/register', {
    body: { username: 'ada', password: 'a long enough password' },
  });
  expect(error).toBeUndefined();
  await service.close();

  const announced = await migrateWith('down', '--to', 'none');
  expect(announced.code).toBe(1);
  expect(announced.output).toMatch(/deletes, .*\n(.*\n)* {2}users \(1 row\)\n/);
  expect(announced.output).toContain('Nothing has been done.');
  const undone = NAMES.toReversed().map((name) => `${name} undone\n`);
  expect((await migrateWith('down', '--to', 'none', '--yes')).output).toBe(undone.join(''));
  expect((await migrateWith('status')).output.match(/ pending$/gm)).toHaveLength(NAMES.length);
});

test('a database that was migrated before the first start has no demo user', async () => {
  await using database = freshFile();
  const variables = { DATABASE_URL: database.url };
  await runTodos(['migrate', 'up'], variables);
  await using service = await startService(variables);
  expect((await service.client().login(DEMO.username, DEMO.password)).response.status).toBe(401);
});

test.each([
  ['nothing', 2, [], /^Usage: todos migrate/],
  ['an unknown direction', 2, ['sideways'], /^unknown command 'sideways'\n/],
  ['two ends', 2, ['up', '--to', 'x', '--steps', '1'], /^option '--to <migration>' cannot be/],
  ['no steps', 2, ['down', '--steps', '0'], /'0' is invalid. It must be a positive integer\./],
  ['an unknown migration', 1, ['up', '--to', 'x'], /^There is no migration x\.\n$/],
  ['an unknown option', 2, ['up', '--force'], /^unknown option '--force'/],
])('migrate with %s: exit code %i, and a message', async (_what, exit, args, message) => {
  await using database = freshFile();
  const variables = { DATABASE_URL: database.url };
  const { code, output } = await runTodos(['migrate', ...args], variables);
  expect(code).toBe(exit);
  expect(output).toMatch(message);
  expect(output).not.toContain('    at ');
});
